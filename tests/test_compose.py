"""What is in docker-compose.yml fits together and fits citewise: there is no docker here that would start it."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from rag.core.settings import PREFIX, Settings
from tests.conftest import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
NGINX = (ROOT / "docker" / "nginx.conf").read_text("utf-8")
WINDOWS = ["window-1", "window-2"]


def test_settings_of_the_services_are_settings_of_citewise_and_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in (*WINDOWS, "library"):
        given = SERVICES[name]["environment"]
        assert given.keys() <= known
        for variable, value in given.items():
            monkeypatch.setenv(variable, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value)))
        Settings.load()


def test_the_addresses_in_the_settings_are_services_and_the_ports_they_listen_on() -> None:
    listens = {"chroma": "8000", "vllm": "8000", **dict.fromkeys(WINDOWS, "7860")}
    texts = [str(SERVICES[name]["environment"]) for name in WINDOWS] + [NGINX]
    for text in texts:
        found = re.findall(r"(?:http://|server )([\w-]+):(\d+)", text)
        assert found
        assert all(listens[host] == port for host, port in found), found


def test_the_windows_are_alike_and_only_read_the_library_that_one_service_writes() -> None:
    assert SERVICES[WINDOWS[0]] == SERVICES[WINDOWS[1]]
    assert SERVICES[WINDOWS[0]]["volumes"] == ["shipped:/shipped:ro"]
    assert "shipped:/shipped" in SERVICES["library"]["volumes"]
    assert SERVICES[WINDOWS[0]]["environment"]["CITEWISE_EDIT"] == "off"


def test_nothing_but_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["proxy"]


def test_the_proxy_knows_every_window_and_streams() -> None:
    assert set(re.findall(r"upstream ([\w-]+)", NGINX)) == set(WINDOWS)
    assert "proxy_buffering off;" in NGINX
    subnet = COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"]
    assert SERVICES[WINDOWS[0]]["environment"]["CITEWISE_TRUSTED_PROXY"] == subnet


def test_volumes_and_files_that_are_named_are_there() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith((".", "$"))}
    assert named == set(COMPOSE["volumes"])
    for mount in mounts:
        if mount.startswith("./"):
            assert (ROOT / mount.split(":")[0]).is_file()
    dockerfile = ROOT / SERVICES["library"]["build"]["dockerfile"]
    for line in re.findall(r"^COPY (.+)$", dockerfile.read_text("utf-8"), re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name


def test_compose_itself_takes_the_file_where_there_is_one() -> None:
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and not subprocess.run([*command, "version"], capture_output=True).returncode:
            done = subprocess.run([*command, "config", "--quiet"], cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return
    pytest.skip("docker compose is not installed here")
