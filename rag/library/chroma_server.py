"""A Chroma server: where it is, how it is asked, and what is said where it cannot be.

Owns: its address, token and time-outs, and that every failure of it becomes one `VectorsAway` with words for people. Knows nothing of
libraries.
"""

import base64
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from rag.core.environment import without_their_settings
from rag.core.errors import SettingsError, VectorsAway
from rag.core.escaping import shorten
from rag.core.settings import Settings
from rag.models.server_address import is_nearby, shown

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)
_PATH = "/api/v2"
_OLD_PATH = "/api/v1/version"
_WRITING_SECONDS = 120.0
"""That the server may take for one batch: it may be busy with another one."""
_UNANSWERED = {502: "bad gateway", 503: "unavailable", 504: "gateway timeout"}
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """Where a server is: `url` without user, password and `/api/v2`; what is sent with each request; whose vectors it keeps there; how
    many seconds an answer waits for it."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tenant: str = "default_tenant"
    database: str = "default_database"
    seconds: float = 5.0

    @property
    def shown(self) -> str:
        """Its address as it may be shown."""
        return shown(self.url)


def server_of(settings: Settings) -> ChromaServer | None:
    """The server that the settings name; None where the vectors are kept beside the library.

    Raises:
        SettingsError: the address or the token cannot be used. The message does not repeat them.
    """
    if not settings.chroma_url:
        return None
    text = settings.chroma_url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    cut = "@" in parts.path + parts.query + parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or cut or re.search(r"\s", text):
        raise SettingsError(
            "CITEWISE_CHROMA_URL is no address of a server; write it like http://127.0.0.1:8000, and write @, /, ? and # in a password "
            "as %40, %2F, %3F and %23"
        )
    path = parts.path.rstrip("/").removesuffix(_PATH).rstrip("/")
    url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", ""))
    headers: dict[str, str] = {}
    token = settings.chroma_token.get_secret_value().strip() if settings.chroma_token else ""
    if token:
        if not (token.isascii() and token.isprintable()):
            raise SettingsError("CITEWISE_CHROMA_TOKEN holds characters that no token has; copy it again")
        # Proxies look at the first one, Chroma's own services at the second.
        headers = {"Authorization": f"Bearer {token}", "X-Chroma-Token": token}
    if parts.username or parts.password:
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return ChromaServer(url, headers, settings.chroma_tenant, settings.chroma_database, settings.chroma_seconds)


class Connection:
    """An open connection to a server; close it. Safe for several threads. All methods raise VectorsAway where it cannot be asked.

    Args:
        server: which one.
        writing: whether it shall wait as long as storing vectors may take.
    """

    def __init__(self, server: ChromaServer, *, writing: bool = False) -> None:
        self.server = server
        self._whose = {"tenant": server.tenant, "database": server.database}
        seconds = max(_WRITING_SECONDS, server.seconds) if writing else server.seconds
        with without_their_settings():
            import chromadb.api
            from chromadb.config import Settings as ChromaSettings
            from chromadb.config import System

            chroma_settings = ChromaSettings(
                anonymized_telemetry=False,
                chroma_api_impl="chromadb.api.fastapi.FastAPI",
                chroma_server_host=server.url,
                chroma_server_http_port=urlsplit(server.url).port or 0,
            )
        from rag.library.server_line import open_session

        # Its `Client` asks the server while it is made, for ever if need be; what stands behind it does not.
        self._system = System(chroma_settings)
        kind: Any = chromadb.api.ServerAPI
        self._api: Any = self._system.instance(kind)
        try:
            session = open_session(server.url, server.headers, seconds, self._look, nearby=is_nearby(server.url))
        except (OSError, ValueError, ImportError) as error:
            raise self._away(
                "cannot be asked: the proxy or the certificates that the environment names (HTTPS_PROXY, SSL_CERT_FILE) cannot be used"
            ) from error
        session.headers.update({"content-type": "application/json"})
        self._api._session.close()
        self._api._session = session
        self._system.start()

    def close(self) -> None:
        """Close the connections."""
        self._api._session.close()
        self._system.stop()

    def version(self) -> str:
        """Of the server; it must be one that is understood.

        Raises:
            VectorsAway: see above, or its version is too old.
        """
        with self.asking():
            version = self._api.get_version()
            if not isinstance(version, str) or not version or len(version) > 50:
                raise self._no_chroma("its version is no text")
        if version.startswith("0."):
            raise self._away(f"is Chroma {version}, and 1.0 or newer is needed; update the server")
        return version

    def collection(self, name: str) -> Any | None:
        """The collection of this name; None where there is none."""
        from chromadb.errors import NotFoundError

        with self.asking():
            try:
                return self._opened(self._api.get_collection(name, **self._whose))
            except NotFoundError:
                return None

    def create(self, name: str, about: Mapping[str, str] | None, hnsw: Any) -> Any:
        """A collection, made where there is none of this name; `about` are its metadata."""
        with self.asking():
            made = self._api.create_collection(
                name,
                configuration={"hnsw": dict(hnsw)},
                metadata=dict(about) if about else None,
                get_or_create=True,
                **self._whose,
            )
            return self._opened(made)

    def delete(self, name: str) -> None:
        """Delete a collection, if it is there."""
        from chromadb.errors import NotFoundError

        with self.asking(), suppress(NotFoundError):
            self._api.delete_collection(name, **self._whose)

    def collections(self, begin: str) -> dict[str, Any]:
        """The collections whose name begins so, by name."""
        with self.asking():
            every = self._api.list_collections(**self._whose)
            return {model.name: self._opened(model) for model in every if model.name.startswith(begin)}

    def _opened(self, model: Any) -> Any:
        from chromadb.api.models.Collection import Collection

        return Collection(client=self._api, model=model, embedding_function=None, data_loader=None)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Whatever goes wrong inside with the server is a VectorsAway."""
        import httpx
        from chromadb.errors import ChromaError

        try:
            yield
        except VectorsAway:
            raise
        except httpx.TimeoutException as error:
            raise self._away("does not answer in time") from error
        except httpx.ConnectError as error:
            why = shorten(str(error), _SHOWN)
            raise self._away(
                f"is not reached as its certificate is not trusted ({why}); name that of its authority by SSL_CERT_FILE"
                if "certificate" in why.lower()
                else f"cannot be reached ({why})"
            ) from error
        except httpx.HTTPError as error:
            raise self._away(f"broke off ({shorten(str(error), _SHOWN) or type(error).__name__})") from error
        except ChromaError as error:
            raise self._away(f"says: {shorten(str(error), _SHOWN)}") from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise self._no_chroma(shorten(str(error), _SHOWN)) from error
        except Exception as error:
            # Chroma's client raises bare ones over replies that are not a Chroma server's.
            if type(error) is not Exception:
                raise
            raise self._no_chroma(shorten(str(error), _SHOWN)) from error

    def _look(self, response: "httpx.Response") -> None:
        """Raise VectorsAway over the head of a reply that is none of Chroma's."""
        status = response.status_code
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if status in (401, 403):
            raise self._away(
                f"refuses ({status}); set CITEWISE_CHROMA_TOKEN to its token, or write name and password into its address"
            )
        if status in _UNANSWERED:
            raise self._away(f"is away, as a proxy before it says ({status} {_UNANSWERED[status]})")
        if status == 429:
            raise self._away("has too much to do (429)")
        if 300 <= status < 400:
            raise self._away(f"sends elsewhere ({status}), which no Chroma server does; name its own address")
        if status == 410 or (status == 404 and "json" not in kind) or (status < 400 and "json" not in kind):
            raise self._no_chroma(f"status {status}, {kind or 'no type'}")

    def _no_chroma(self, why: str) -> VectorsAway:
        return self._away(f"answers, but not as a Chroma server from 1.0 on does ({why}); look at the address")

    def _away(self, what: str) -> VectorsAway:
        return VectorsAway(f"the Chroma server at {self.server.shown} {what}")
