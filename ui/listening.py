"""Whether the window can be served here: the address to listen on and the folder for temporary files, tried before anything loads."""

import errno
import os
import socket
import tempfile

from rag.core.errors import SettingsError

_WHY = {
    errno.EADDRINUSE: "is in use already, perhaps by another citewise; choose another with --port, or --port 0 for a free one",
    errno.EACCES: "is reserved for administrators on this machine; choose one above 1023 with --port",
    errno.EADDRNOTAVAIL: "cannot be listened on, as {host} is no address of this machine; choose another with --host",
}


def check(host: str, port: int) -> None:
    """Try to listen there, and to write a temporary file.

    Raises:
        SettingsError: one of them cannot be done; the message says what to set.
    """
    try:
        tempfile.TemporaryFile().close()
    except OSError as error:
        named = next(
            (f"{name} names {os.environ[name]}" for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)), ""
        )
        raise SettingsError(
            f"no folder for temporary files can be written{f' ({named})' if named else ''}; set TMPDIR to one that can"
        ) from error
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":  # elsewhere it would let two programs listen at once
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise SettingsError(
            f"--host {host} cannot be found; name an address of this machine, such as 127.0.0.1"
        ) from error
    except OSError as error:
        why = _WHY.get(error.errno or 0, f"cannot be listened on ({error.strerror}); choose another with --port")
        raise SettingsError(f"port {port} of {host} {why.format(host=host)}") from error
