"""The variables of other programs: those that would stop every HTTP client are passed over, those of a cluster are no settings."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from rag.core.environment import (
    is_loopback,
    is_of_a_service,
    mend,
    proxy_variable,
    reach_directly,
    without_their_settings,
)
from rag.core.errors import SettingsError
from rag.core.settings import PREFIX, Settings
from tests.conftest import ROOT

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSLKEYLOGFILE")


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No proxy and no certificate named, and none left behind."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in CERTIFICATES:
            monkeypatch.delenv(name)
    for name in ("no_proxy", "NO_PROXY"):  # set, so that what is written there is taken back after the test
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return monkeypatch


# --- proxies and certificates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_where_a_proxy_is_named_this_machine_is_reached_without_it(clean: pytest.MonkeyPatch, name: str) -> None:
    clean.setenv(name, "http://127.0.0.1:9")
    assert mend() == []
    assert os.environ[name] == "http://127.0.0.1:9"
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "localhost,127.0.0.1,::1"
    with httpx.Client() as client:
        for host in ("127.0.0.1", "localhost", "[::1]"):
            assert client._transport_for_url(httpx.URL(f"http://{host}:7860")) is client._transport
        direct = client._transport_for_url(httpx.URL("https://hub.example.org")) is client._transport
        assert direct == (name.lower() == "http_proxy")


def test_what_no_proxy_named_before_is_kept_and_a_second_call_changes_nothing() -> None:
    environ = {"http_proxy": "http://p:3128", "NO_PROXY": ".example.org, 10.0.0.7"}
    assert mend(environ) == []
    assert environ["no_proxy"] == ".example.org,10.0.0.7,localhost,127.0.0.1,::1"
    before = dict(environ)
    assert mend(environ) == [] and environ == before


def test_without_a_proxy_nothing_is_set() -> None:
    environ = {"PATH": "/bin", "no_proxy": "x"}
    assert mend(environ, dict) == [] and environ == {"PATH": "/bin", "no_proxy": "x"}


def test_the_systems_own_proxies_still_hold_where_no_proxy_is_set() -> None:
    environ: dict[str, str] = {}
    assert mend(environ, lambda: {"https": "http://p:3128", "ftp": "http://f:1"}) == []
    assert environ["https_proxy"] == "http://p:3128" and "ftp_proxy" not in environ
    assert "127.0.0.1" in environ["no_proxy"]


UNUSABLE = [
    pytest.param("socks5://127.0.0.1:1080", "SOCKS", id="socks5"),
    pytest.param("SOCKS5H://u:geheim@x:1080", "SOCKS", id="socks5h with a password"),
    pytest.param("socks://127.0.0.1:1080", "socks://", id="as a desktop writes it"),
    pytest.param("socks4://x:1", "socks4://", id="socks4"),
    pytest.param("ftp://x", "ftp://", id="ftp"),
    pytest.param("http://u:geheim@proxy:port", "no address of a proxy", id="port in letters"),
    pytest.param("http://", "no address of a proxy", id="no host"),
]


@pytest.mark.parametrize("name", ["ALL_PROXY", "https_proxy"])
@pytest.mark.parametrize(("value", "why"), UNUSABLE)
def test_a_proxy_that_cannot_be_used_is_passed_over_and_named_without_its_password(
    clean: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    clean.setattr("rag.core.environment.importlib.util.find_spec", lambda name: None)
    clean.setenv(name, value)
    [note] = mend()
    assert name in note and why in note and "geheim" not in note
    assert name not in os.environ
    httpx.Client().close()  # it raised before


def test_a_socks_proxy_is_used_where_it_can_be() -> None:
    environ = {"ALL_PROXY": "socks5://x:1080"}
    import importlib.util

    wanted = [] if importlib.util.find_spec("socksio") else ["passed over"]
    assert ["passed over" for note in mend(environ) if "passed over" in note] == wanted


@pytest.mark.parametrize("value", [" http://p:3128 ", '"http://p:3128"', "p:3128", "HTTP://u:w@p:3128", "https://p:1"])
def test_a_proxy_written_in_another_way_is_used(clean: pytest.MonkeyPatch, value: str) -> None:
    clean.setenv("https_proxy", value)
    assert mend() == []
    with httpx.Client() as client:
        assert client._transport_for_url(httpx.URL("https://hub.example.org")) is not client._transport


@pytest.mark.parametrize(
    "value", ["[::1]", "fe80::/10", "[::1]:80", "a:b:c", "中.example", "10.0.0.0/8,*.corp, .lan ,localhost:80", "a:b"]
)
def test_an_exception_of_any_form_leaves_http_clients_working(clean: pytest.MonkeyPatch, value: str) -> None:
    clean.setenv("http_proxy", "http://p:3128")
    clean.setenv("no_proxy", value)
    mend()
    httpx.Client().close()
    assert "127.0.0.1" in os.environ["no_proxy"]


def test_an_exception_is_mended_where_its_proxy_is_passed_over(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("ALL_PROXY", "socks4://x:1")
    clean.setenv("NO_PROXY", "[::1],a:b:c,.example.org")
    mend()
    assert os.environ["NO_PROXY"] == "::1,.example.org" and "ALL_PROXY" not in os.environ
    httpx.Client().close()


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_stale_certificate_variable_is_passed_over_and_named(
    clean: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    gone = str(tmp_path / "gone" / "ca.pem")
    clean.setenv(name, gone)
    [note] = mend()
    assert name in note and gone in note and name not in os.environ
    httpx.Client().close()


def test_a_certificate_file_without_certificates_is_passed_over_and_a_real_one_kept(
    clean: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").write_text("none here")
    clean.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))
    assert "is no file of certificates" in mend()[0]
    import certifi

    clean.setenv("SSL_CERT_FILE", certifi.where())
    clean.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    clean.setenv("SSL_CERT_DIR", str(tmp_path))
    assert mend() == [] and os.environ["SSL_CERT_FILE"] == certifi.where()


def test_the_variable_of_a_proxy_is_told_by_the_address() -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "all_proxy": "http://q:1"}
    assert proxy_variable("https://x", environ) == "HTTPS_PROXY"
    assert proxy_variable("http://x", environ) == "all_proxy"
    assert proxy_variable("http://x", {}) == ""


def test_a_host_is_reached_directly_only_where_there_is_a_proxy() -> None:
    environ = {"http_proxy": "http://p:1"}
    reach_directly(("192.168.0.7",), environ)
    assert environ["no_proxy"] == "192.168.0.7"
    nothing: dict[str, str] = {}
    reach_directly(("192.168.0.7",), nothing)
    assert nothing == {}


@pytest.mark.parametrize(
    ("host", "so"),
    [
        *((host, True) for host in ("127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]")),
        *((host, False) for host in ("0.0.0.0", "::", "192.168.0.7", "localhost.example", "")),
    ],
)
def test_which_hosts_are_this_machine_alone(host: str, so: bool) -> None:
    assert is_loopback(host) == so


# --- what a cluster names ---------------------------------------------------------------------------------------------


def cluster(service: str, port: int = 7860, named: str = "HTTP") -> dict[str, str]:
    """What Kubernetes puts into every container for a service."""
    name, address = service.upper().replace("-", "_"), f"tcp://10.96.0.12:{port}"
    per_port = f"{name}_PORT_{port}_TCP"
    return {
        f"{name}_SERVICE_HOST": "10.96.0.12",
        f"{name}_SERVICE_PORT": str(port),
        f"{name}_SERVICE_PORT_{named}": str(port),
        f"{name}_PORT": address,
        per_port: address,
        f"{per_port}_PROTO": "tcp",
        f"{per_port}_PORT": str(port),
        f"{per_port}_ADDR": "10.96.0.12",
    }


LINKS = {
    "CITEWISE_NAME": "/web/citewise",
    "CITEWISE_ENV_PATH": "/usr/bin",
    "CITEWISE_ENV_python_version": "3.12",
    "CITEWISE_1_PORT": "tcp://172.17.0.5:7860",
    "CITEWISE_1_NAME": "/web/citewise_1",
    "CITEWISE_PORT_8000_8010_TCP": "tcp://172.17.0.5:8000",
    "CITEWISE_PORT_53_UDP": "udp://172.17.0.5:53",
    "CITEWISE_PORT_7860_TCP_START": "tcp://172.17.0.5:7860",
    "CITEWISE_DB_PORT": "tcp://[fd00::5]:7860",
}
SERVICES = [
    "citewise",
    "citewise-chat",
    "citewise-library",
    "citewise-writer",
    "citewise-writer-url",
    "citewise-data",
    "citewise-v2",
]


@pytest.mark.parametrize("service", SERVICES)
def test_the_variables_of_a_service_of_our_name_are_no_settings(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    for name, value in (cluster(service) | cluster(service, 443, "HTTPS_WEB")).items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == Settings()


def test_the_variables_of_a_link_between_containers_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LINKS.items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == Settings()


def test_a_service_named_like_a_library_does_not_set_that_library() -> None:
    ours = {"GRADIO_SERVER_PORT": "7861", "CHROMA_SERVER_HOST": "10.0.0.7", "WRITER_PORT": "tcp://10.0.0.7:1"}
    theirs = (
        cluster("gradio-server") | cluster("chroma-server-http", 8000) | {"GRADIO_SERVER_NAME": "/web/gradio-server"}
    )
    environ = theirs | {name: value for name, value in ours.items() if name != "GRADIO_SERVER_PORT"}
    assert mend(environ, dict) == []
    assert environ == {"CHROMA_SERVER_HOST": "10.0.0.7", "WRITER_PORT": "tcp://10.0.0.7:1"}
    assert mend(ours, dict) == [] and ours["GRADIO_SERVER_PORT"] == "7861"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CITEWISE_WRITER_PORT", "8000"),
        ("CITEWISE_SERVICE", "10.0.0.1"),
        ("CITEWISE_SERVICE_HOTS", "10.0.0.1"),
        ("CITEWISE_PORT_TCP", "tcp://10.0.0.1:1"),
        ("CITEWISE_NAME", "citewise"),
        ("CITEWISE_LIBRARY_PORTS", "tcp://10.0.0.1:1"),
        ("CITEWISE_WRITER_UR", "tcp://10.0.0.1:1"),
        ("CITEWISE_WRITERURL", "http://127.0.0.1:8000/v1"),
    ],
)
def test_a_typing_error_is_refused_beside_a_service(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    for variable, given in cluster("citewise").items():
        monkeypatch.setenv(variable, given)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"unknown setting {name} in the environment"):
        Settings.load()


@pytest.mark.parametrize(("name", "flag"), [("CITEWISE_PORT", "--port"), ("CITEWISE_HOST", "--host")])
def test_what_is_a_flag_only_is_named_as_one(monkeypatch: pytest.MonkeyPatch, name: str, flag: str) -> None:
    monkeypatch.setenv(name, "8000")
    with pytest.raises(
        SettingsError, match=f"unknown setting {name} in the environment; it is a flag: citewise chat {flag}"
    ):
        Settings.load()


def test_no_setting_has_a_name_that_a_service_could_make() -> None:
    for field in Settings.model_fields:
        assert not is_of_a_service(PREFIX + field.upper(), "tcp://10.0.0.1:1")
        assert not is_of_a_service(PREFIX + field.upper(), "/a/b")


# --- settings of libraries ------------------------------------------------------------------------------------------------


def test_settings_of_libraries_read_neither_variables_nor_files_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from pydantic_settings import BaseSettings, SettingsConfigDict

    class Theirs(BaseSettings):
        model_config = SettingsConfigDict(env_file=".env", extra="ignore")
        migrations: int = 1

    (tmp_path / ".env").write_text("MIGRATIONS=soon", "utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="migrations"):
        Theirs()
    with without_their_settings():
        assert Theirs().migrations == 1
        assert Theirs(migrations=2).migrations == 2
    (tmp_path / ".env").write_text("MIGRATIONS=3", "utf-8")
    assert Theirs().migrations == 3, "afterwards all is as before"
    monkeypatch.setenv("CITEWISE_MAX_QUOTES", "7")
    assert Settings.load().max_quotes == 7


@pytest.mark.slow
def test_a_file_of_variables_of_another_program_does_not_stop_chroma(small_library: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MIGRATIONS=soon\nALLOW_RESET=maybe\nCHROMA_SERVER_HTTP_PORT=abc\n", "utf-8")
    code = (
        "from pathlib import Path; import sys\n"
        "from rag.library import publishing\n"
        "from rag.library.store import Library\n"
        "print(publishing.health(Library.open(Path(sys.argv[1]))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(small_library)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "IS_PERSISTENT": "perhaps"},
        check=False,
    )
    assert "4 vectors of revision 1" in done.stdout, done.stderr
