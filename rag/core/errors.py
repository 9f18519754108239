"""Every error that citewise raises on purpose.

    CitewiseError
    ├── SettingsError          a setting is unknown or out of bounds
    │   └── WrongUsage         a flag or an argument of a command is missing, unknown or out of bounds
    ├── SourceError            a file to ingest cannot be read as a whole
    │   └── SourceDamaged      it is packed, and breaks off or unpacks to far more than text
    ├── IngestStopped          an ingestion was stopped by who asked for it
    ├── SavedAnswersDamaged    what should be saved answers is none
    ├── BackupDamaged          what should be a backup of a library is none
    ├── FileNotWritten         a file cannot be written, or must not be overwritten
    ├── QuestionError          a question is empty or too long
    │   └── NothingChosen      it is asked of papers that are not there
    ├── RequestRefused         what a page or program sent is not what it should be
    │   ├── TooManyRequests    one address asked too often
    │   ├── StillLoading       the library is not open yet
    │   ├── UnknownLibrary     no library of that name is offered here
    │   ├── VoteRefused        a vote on an answer is of another form
    │   ├── UploadRefused      a file is too large, or there is no place for it
    │   │   └── UploadTooLarge     it has more bytes than are taken here
    │   └── EditRefused        papers cannot be added, removed or put back now, or not here
    │       └── NothingToUndo  a removal was undone already, or is kept no longer
    ├── NothingToExport        nothing is there that could be exported so
    ├── NoSuchMerge            no paper was merged from the record that is to be taken out
    ├── PromptError            a prompt file is missing or has wrong slots
    ├── ModelError
    │   ├── ModelNotFound      no weights by that name in any of the places looked at
    │   ├── WeightsDamaged     a weight file's sha256 is not the expected one
    │   └── ModelUnsupported   weights are there, but of a kind citewise cannot run
    ├── LibraryError
    │   ├── LibraryMissing     no library in that folder
    │   ├── LibraryDamaged     the SQLite file is no library, or broken
    │   ├── LibraryReadOnly    the folder cannot be written
    │   ├── LibraryBusy        another process is writing
    │   ├── LibraryFull        no space left; the batch was rolled back
    │   ├── EmbedderMismatch   the library was embedded by other weights
    │   └── SchemaTooNew       written by a newer citewise
    ├── WriterFailed           the model or server that writes gave no whole answer
    │   └── ServerFailed       the server that writes is away or does not work, whatever it is asked
    ├── LexiconError           a list of words or patterns of the package is missing or damaged
    ├── FittedModelError       fitted data of the package is missing or damaged
    └── VectorIndexError       the vector index cannot be built
        └── VectorsAway        the server that keeps the vectors cannot be asked, or holds none of this library

A message says what failed, on which value, and what to do next. The edges (command line, chat turn, one eval question)
show it as one line; nothing else catches `CitewiseError` broadly.
"""


class CitewiseError(Exception):
    """Base of all errors raised on purpose."""


class SettingsError(CitewiseError):
    """A setting is unknown or out of bounds."""


class WrongUsage(SettingsError):
    """A flag or an argument of a command is missing, unknown or out of bounds."""


class SourceError(CitewiseError):
    """A file to ingest cannot be read as a whole."""


class SourceDamaged(SourceError):
    """A packed file to ingest is damaged, or unpacks to far more than text does."""


class IngestStopped(CitewiseError):
    """An ingestion was stopped by who asked for it; what was stored stays."""


class SavedAnswersDamaged(CitewiseError):
    """What should be saved answers, from a file or a browser, is none."""


class BackupDamaged(CitewiseError):
    """What should be a backup of a library is none, is damaged, or holds what no backup does."""


class FileNotWritten(CitewiseError):
    """A file cannot be written, or must not be overwritten."""


class QuestionError(CitewiseError):
    """A question is empty or too long."""


class NothingChosen(QuestionError):
    """A question is asked of a part of the library that holds no paper."""


class RequestRefused(CitewiseError):
    """What a page or program sent is not what it should be."""


class TooManyRequests(RequestRefused):
    """One address asked too often; the message says when to come back."""


class StillLoading(RequestRefused):
    """The library is not open yet."""


class UnknownLibrary(RequestRefused):
    """No library of that name is offered here; the message names those there are."""


class VoteRefused(RequestRefused):
    """A vote on an answer is of another form."""


class UploadRefused(RequestRefused):
    """A file is too large, or there is no place for it."""


class UploadTooLarge(UploadRefused):
    """A file has more bytes than are taken here."""


class EditRefused(RequestRefused):
    """Papers cannot be added, removed or put back now, or not here."""


class NothingToUndo(EditRefused):
    """A removal was undone already, or is kept no longer."""


class NothingToExport(CitewiseError):
    """Nothing is there that could be exported so: no answer, or no paper that is cited."""


class NoSuchMerge(CitewiseError):
    """No paper was merged from the record that is to be taken out of it."""


class PromptError(CitewiseError):
    """A prompt file is missing or has wrong slots."""


class ModelError(CitewiseError):
    """Something about model weights."""


class ModelNotFound(ModelError):
    """No weights by that name in any of the places looked at."""


class WeightsDamaged(ModelError):
    """A weight file's sha256 is not the expected one."""


class ModelUnsupported(ModelError):
    """The weights are there, but of a kind that citewise cannot run."""


class LibraryError(CitewiseError):
    """Something about a library folder."""


class LibraryMissing(LibraryError):
    """There is no library in that folder."""


class LibraryDamaged(LibraryError):
    """The SQLite file is no library, or it is broken."""


class LibraryReadOnly(LibraryError):
    """The library's folder cannot be written."""


class LibraryBusy(LibraryError):
    """Another process is writing to the library."""


class LibraryFull(LibraryError):
    """No space was left; the batch was rolled back."""


class EmbedderMismatch(LibraryError):
    """The library was embedded by other weights than the ones configured."""


class SchemaTooNew(LibraryError):
    """The library was written by a newer citewise."""


class VectorIndexError(CitewiseError):
    """The vector index can neither be opened nor built."""


class VectorsAway(VectorIndexError):
    """The server that keeps the vectors cannot be asked, or does not hold those of this library."""


class WriterFailed(CitewiseError):
    """The model or server that writes gave no whole answer; the turn quotes instead."""


class ServerFailed(WriterFailed):
    """The server that writes is away or does not work, whatever it is asked; after some of these it is left alone for a while.

    Args:
        reason: as for any error.
        wait: seconds that the server asked to wait, where it told them.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class LexiconError(CitewiseError):
    """A list of words or patterns of the package is missing or damaged."""


class FittedModelError(CitewiseError):
    """Fitted data of the package is missing or damaged."""
