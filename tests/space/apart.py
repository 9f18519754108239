"""Runs a command where no network is but loopback and some folders cannot be written: `python apart.py SOCKET PORT FOLDER… -- COMMAND`,
in namespaces of its own (`unshare --map-root-user --net --mount`).

What listens on the port in there is reached through a socket in the file system, which namespaces of the network do not part. The
standard library alone. Prints the command's process id.
"""

import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

WORKS = ["unshare", "--map-root-user", "--net", "--mount", "true"]
APART = WORKS[:-1]
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1


def relay(here: socket.socket, connect: "Connect") -> None:
    """Answer each connection here by one of `connect`, in threads."""
    while True:
        try:
            asked, _ = here.accept()
        except OSError:
            return
        threading.Thread(target=_join, args=(asked, connect), daemon=True).start()


def _join(asked: socket.socket, connect: "Connect") -> None:
    try:
        there = connect()
    except OSError:
        asked.close()
        return
    threading.Thread(target=_pump, args=(there, asked), daemon=True).start()
    _pump(asked, there)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Connect:
    """Makes connections to one address: a path, or a port of this machine."""

    def __init__(self, address: str | int) -> None:
        self._address = address

    def __call__(self) -> socket.socket:
        if isinstance(self._address, int):
            return socket.create_connection(("127.0.0.1", self._address))
        there = socket.socket(socket.AF_UNIX)
        there.connect(self._address)
        return there


def main(path: str, port: int, folders: list[str], command: list[str]) -> int:
    _loopback()
    for folder in folders:
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    os.chdir(Path.cwd())  # the folder under its new mount
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    threading.Thread(target=relay, args=(listener, Connect(port)), daemon=True).start()
    process = subprocess.Popen(command, stdout=sys.stderr)
    print(process.pid, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGTERM))
    return process.wait()


def _loopback() -> None:
    """Switch the loopback device on; a new namespace has it switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        flags = struct.unpack("16sh", fcntl.ioctl(probe, _SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP))


if __name__ == "__main__":
    at = sys.argv.index("--")
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:at], sys.argv[at + 1 :]))
