"""The environment variables that other programs left behind, as far as they would stop citewise.

Owns: proxy and certificate variables that no HTTP client here can use, the variables that clusters make for a service of our
name, and the settings of libraries that are found in variables and `.env` files. Knows nothing of our settings or of who talks over
HTTP.
"""

import importlib.util
import os
import platform
import re
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LOCK = threading.RLock()
_LIBRARIES = ("CHROMA_", "GRADIO_", "UVICORN_")
"""What the names of settings of our libraries begin with."""
_SERVICE = re.compile(
    r"""_SERVICE_HOST
    | _SERVICE_PORT (?: _[A-Z0-9_]+ )?
    | _PORT _ [0-9]{1,5} (?: _[0-9]{1,5} )? _ (?: TCP | UDP | SCTP ) (?: _ (?: PROTO | ADDR | (?: PORT_ )? (?: START | END ) | PORT ) )?
    | _ENV _ [A-Za-z0-9_.]+""",
    re.VERBOSE,
)
_ADDRESS = re.compile(r"(?:tcp|udp|sctp)://\S+")


@contextmanager
def without_their_settings() -> Iterator[None]:
    """Settings of libraries that are read inside come from their code alone: no variable and no `.env` of the folder reaches them.

    Chroma's are called ENVIRONMENT or MIGRATIONS, read a `.env` on import, and end in an error over a value that is none of theirs.
    """
    from pydantic_settings import BaseSettings  # takes half a second, and most of this module is needed at once

    read = BaseSettings.__dict__["settings_customise_sources"]

    def code_alone(_: Any, /, settings_cls: Any, init_settings: Any, **__: Any) -> tuple[Any, ...]:
        return (init_settings,)

    with _LOCK:
        BaseSettings.settings_customise_sources = classmethod(code_alone)  # type: ignore[assignment]
        try:
            yield
        finally:
            BaseSettings.settings_customise_sources = read  # type: ignore[method-assign]


def is_of_a_service(name: str, value: str) -> bool:
    """Whether Kubernetes or a Docker link made this variable to say where a service is.

    For a service NAME they make NAME_SERVICE_HOST, NAME_SERVICE_PORT, NAME_SERVICE_PORT_HTTP, NAME_PORT=tcp://…,
    NAME_PORT_7860_TCP and what follows from it, NAME_NAME=/a/b and NAME_ENV_….
    """
    if any(match.end() == len(name) and match.start() > 0 for match in _SERVICE.finditer(name)):
        return True
    if name.endswith(("_PORT", "_PORT_START", "_PORT_END")):
        return bool(_ADDRESS.fullmatch(value.strip()))
    return name.endswith("_NAME") and value.startswith("/") and "/" in value[1:]


def mend(
    environ: MutableMapping[str, str] = os.environ, system: Callable[[], Mapping[str, str]] | None = None
) -> list[str]:
    """Take out of the environment what would stop every HTTP client of this process, and let this machine be reached directly.

    A second call changes nothing more.

    Args:
        environ: changed in place.
        system: the proxies that the operating system names; by default those of Windows and macOS.

    Returns:
        A sentence for each variable that is passed over. No value with a password is in it.
    """
    for name, value in list(environ.items()):
        if name.startswith(_LIBRARIES) and is_of_a_service(name, value):
            del environ[name]  # such as GRADIO_SERVER_PORT=tcp://…, which ends in an error of the library
    if not _named(environ):
        # Once no_proxy is set, Python no longer asks the system for its proxies.
        for scheme, address in (system or _system_proxies)().items():
            if f"{scheme}_proxy" in PROXIES and address:
                environ[f"{scheme}_proxy"] = address
    notes = [*_mend_proxies(environ), *_mend_certificates(environ)]
    # Read even where no proxy is named.
    for name in ("no_proxy", "NO_PROXY"):
        if environ.get(name):
            environ[name] = _exceptions(environ[name])
    reach_directly(LOOPBACK, environ)
    return notes


def reach_directly(hosts: tuple[str, ...], environ: MutableMapping[str, str] = os.environ) -> None:
    """No proxy for these hosts, where there is one for others."""
    if not _named(environ):
        return
    before = environ.get("no_proxy", environ.get("NO_PROXY", ""))
    value = ",".join(dict.fromkeys(filter(None, [*_exceptions(before).split(","), *hosts])))
    environ["no_proxy"] = environ["NO_PROXY"] = value


def is_loopback(host: str) -> bool:
    """Whether this name or numeric address, with or without brackets, is this machine's own and reached from nowhere else."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def proxy_variable(url: str, environ: Mapping[str, str] = os.environ) -> str:
    """The name of the variable whose proxy a request to this address would take; "" where it goes directly by its scheme."""
    for wanted in (f"{urlsplit(url).scheme}_proxy", "all_proxy"):
        for name in _named(environ):
            if name.lower() == wanted:
                return name
    return ""


def _named(environ: Mapping[str, str]) -> list[str]:
    return [name for name, value in environ.items() if name.lower() in PROXIES and value.strip()]


def _system_proxies() -> Mapping[str, str]:
    if platform.system() not in ("Windows", "Darwin"):
        return {}
    from urllib.request import getproxies

    return getproxies()


def _mend_proxies(environ: MutableMapping[str, str]) -> list[str]:
    notes = []
    for name in _named(environ):
        value = environ[name].strip().strip("\"'")
        kind, address = value.split("://", 1) if "://" in value else ("http", value)
        problem = _problem(kind.lower(), address)
        if problem:
            del environ[name]
            notes.append(f"the variable {name} is passed over: {problem}")
        elif value != environ[name]:
            environ[name] = value
    return notes


def _problem(kind: str, address: str) -> str:
    """Why no request could go through such a proxy, or nothing."""
    if kind in ("socks5", "socks5h"):
        if importlib.util.find_spec("socksio"):
            return ""
        return (
            "it names a SOCKS proxy, which needs one more package (pip install socksio). What goes out goes without it"
        )
    if kind not in ("http", "https"):
        return f"it names a proxy of the kind {kind[:20]}://, and only http://, https:// and socks5:// can be used"
    with suppress(ValueError):
        parts = urlsplit(f"//{address}")
        if parts.hostname and (parts.port is None or parts.port >= 0):
            return ""
    return "what it names is no address of a proxy, such as http://proxy.example.org:3128"


def _exceptions(value: str) -> str:
    return ",".join(filter(None, map(_exception, value.split(","))))


def _exception(entry: str) -> str:
    """An entry of no_proxy in the form in which every client can read it, or nothing where one would end in an error."""
    entry = entry.strip()
    bare = entry.removeprefix("[").removesuffix("]")
    with suppress(ValueError):
        ip_address(bare)
        return bare
    # Networks of IPv6 and addresses with brackets and ports end in an error of httpx; it cannot use them anyway.
    readable = entry.isascii() and (entry.count(":") <= 1 or "://" in entry) and not set(entry) & set("[]")
    port = entry.rpartition(":")[2]
    return entry if readable and ("://" in entry or ":" not in entry or port.isdigit()) else ""


def _mend_certificates(environ: MutableMapping[str, str]) -> list[str]:
    notes = []
    for name, fits in _CERTIFICATES.items():
        value = environ.get(name, "")
        if value and not fits(Path(value)):
            del environ[name]
            notes.append(f"the variable {name} is passed over: {value} {_WANTED[name]}")
    return notes


def _holds_certificates(file: Path) -> bool:
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=str(file))
    except (OSError, ValueError):
        return False
    return True


def _is_folder(folder: Path) -> bool:
    return folder.is_dir()


def _file_or_folder(path: Path) -> bool:
    return path.is_dir() or _holds_certificates(path)


def _can_be_written(file: Path) -> bool:
    return os.access(file if file.exists() else file.absolute().parent, os.W_OK) and not file.is_dir()


_CERTIFICATES: dict[str, Callable[[Path], bool]] = {
    "SSL_CERT_FILE": _holds_certificates,
    "SSL_CERT_DIR": _is_folder,
    "REQUESTS_CA_BUNDLE": _file_or_folder,
    "CURL_CA_BUNDLE": _file_or_folder,
    "SSLKEYLOGFILE": _can_be_written,
}
_WANTED = {
    "SSL_CERT_FILE": "is no file of certificates",
    "SSL_CERT_DIR": "is no folder",
    "REQUESTS_CA_BUNDLE": "is no file or folder of certificates",
    "CURL_CA_BUNDLE": "is no file or folder of certificates",
    "SSLKEYLOGFILE": "cannot be written",
}
