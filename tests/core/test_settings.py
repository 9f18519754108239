"""Settings: where values come from, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rag.core.errors import SettingsError
from rag.core.settings import DEFAULT_EMBEDDER, DEFAULT_READER, Settings


def test_defaults_need_no_environment() -> None:
    settings = Settings.load()
    assert settings.library == Path("library")
    assert (settings.embedder, settings.reader) == (DEFAULT_EMBEDDER, DEFAULT_READER)
    assert (settings.device, settings.max_quotes, settings.data) == ("auto", 4, None)


def test_the_environment_overrides_defaults_and_arguments_override_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CITEWISE_MAX_QUOTES", "7")
    monkeypatch.setenv("CITEWISE_LIBRARY", "/from/environment")
    monkeypatch.setenv("CITEWISE_DEVICE", "cpu")
    settings = Settings.load(library=Path("/from/argument"), device=None)
    assert settings.max_quotes == 7
    assert settings.library == Path("/from/argument")
    assert settings.device == "cpu"


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("CITEWISE_LIBARY", "CITEWISE_LIBRARY"),
        ("CITEWISE_READ_PAPER", "CITEWISE_READ_PAPERS"),
        ("CITEWISE_MAXQUOTES", "CITEWISE_MAX_QUOTES"),
        ("citewise_devices", "CITEWISE_DEVICE"),
    ],
    ids=["letter missing", "plural missing", "underscore missing", "lower case"],
)
def test_an_unknown_variable_is_refused_with_a_suggestion(
    monkeypatch: pytest.MonkeyPatch, variable: str, meant: str
) -> None:
    monkeypatch.setenv(variable, "x")
    with pytest.raises(SettingsError, match=f"unknown setting {variable} in the environment; did you mean {meant}\\?"):
        Settings.load()


def test_an_unknown_variable_like_no_other_is_refused_with_all_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWISE_XYZZYXYZZYXYZZYXYZZYXYZZY", "1")
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert all(f"CITEWISE_{name.upper()}" in str(caught.value) for name in Settings.model_fields)


def test_variables_of_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITE_LIBRARY", "x")
    monkeypatch.setenv("NOT_CITEWISE_LIBRARY", "x")
    assert Settings.load().library == Path("library")


BAD = [
    pytest.param("max_quotes", "0", "greater than or equal to 1", id="too small"),
    pytest.param("max_quotes", "21", "less than or equal to 20", id="too large"),
    pytest.param("read_sentences", "many", "valid integer", id="no number"),
    pytest.param("max_question_chars", "99", "greater than or equal to 100", id="question too short"),
    pytest.param("device", "tpu", "'auto', 'cuda', 'mps' or 'cpu'", id="unknown device"),
    pytest.param("mode", "sing", "'auto', 'quote' or 'write'", id="unknown mode"),
    pytest.param("embedder", "", "at least 1 character", id="empty name"),
]


@pytest.mark.parametrize(("name", "value", "why"), BAD)
def test_a_bad_value_in_the_environment_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(f"CITEWISE_{name.upper()}", value)
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert f"CITEWISE_{name.upper()}={value!r}" in str(caught.value)
    assert why in str(caught.value)


@pytest.mark.parametrize(("name", "value", "why"), BAD)
def test_a_bad_argument_is_named(name: str, value: str, why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(**{name: value})
    assert f"CITEWISE_{name.upper()}={value!r}" in str(caught.value)
    assert why in str(caught.value)


def test_all_bad_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWISE_MAX_QUOTES", "0")
    with pytest.raises(SettingsError, match=r"CITEWISE_READ_PAPERS=51.*CITEWISE_MAX_QUOTES|CITEWISE_MAX_QUOTES.*=51"):
        Settings.load(read_papers=51)


def test_an_unknown_argument_is_refused() -> None:
    with pytest.raises(SettingsError, match="CITEWISE_COLOUR='red'"):
        Settings.load(colour="red")


def test_settings_cannot_be_changed() -> None:
    settings = Settings.load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.max_quotes = 5
    assert settings.max_quotes == 4


@pytest.mark.parametrize(("value", "name"), [(1, "max_quotes"), (20, "max_quotes"), (100, "read_sentences")])
def test_the_bounds_themselves_are_allowed(value: int, name: str) -> None:
    assert getattr(Settings.load(**{name: value}), name) == value


@pytest.mark.parametrize("name", ["auth", "writer_key"])
@pytest.mark.parametrize("way", ["environment", "argument"])
def test_the_value_of_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch, name: str, way: str) -> None:
    wrong = "hunter2\udcff"
    overrides = {name: wrong} if way == "argument" else {}
    if way == "environment":
        monkeypatch.setenv(f"CITEWISE_{name.upper()}", wrong)
    with pytest.raises(SettingsError) as caught:
        Settings.load(**overrides)
    assert f"CITEWISE_{name.upper()}: " in str(caught.value) and "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None  # whose own text has it


def test_a_password_without_its_name_is_not_repeated() -> None:
    with pytest.raises(SettingsError, match="CITEWISE_AUTH: a name, a colon and a password are needed") as caught:
        Settings.load(auth="hunter2")
    assert "hunter2" not in str(caught.value) and "Value error" not in str(caught.value)


def test_a_path_that_is_no_text_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"CITEWISE_LIBRARY=.*no text in UTF-8"):
        Settings.load(library=Path("lib\udcff"))
    with pytest.raises(SettingsError, match=r"CITEWISE_EMBEDDER=.*no text in UTF-8"):
        Settings.load(embedder="a\0b")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("/papers", "/papers"), ("/papers/", "/papers"), ("/", None), ("https://a.example/p/", "https://a.example/p")],
)
def test_a_root_path_is_kept_without_its_last_slash(given: str, kept: str | None) -> None:
    assert Settings.load(root_path=given).root_path == kept


def test_a_root_path_and_a_proxy_of_another_form_are_refused() -> None:
    with pytest.raises(SettingsError, match="a path that begins with /"):
        Settings.load(root_path="papers")
    with pytest.raises(SettingsError, match="numeric addresses"):
        Settings.load(trusted_proxy="10.0.0.1, proxy.example")
    assert Settings.load(trusted_proxy="10.0.0.1, 10.1.0.0/16, fd00::1").trusted_proxy


def test_a_path_from_home_is_that_of_a_shell_and_without_a_home_the_cache_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CITEWISE_LIBRARY", "~/papers")
    assert Settings.load().library == tmp_path / "papers"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda number: {}[number])
    with pytest.raises(SettingsError, match="there is no home folder here"):
        Settings.load()
    monkeypatch.delenv("CITEWISE_LIBRARY")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    with pytest.raises(
        SettingsError, match="CITEWISE_CACHE='~': there is no home folder here; name the folder by its whole path"
    ):
        Settings.load()
    assert Settings.load(cache=tmp_path).cache == tmp_path


def test_name_and_password_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("bob:hunter2\n\nrest\n")
    auth = Settings.load(auth=f"@{file}").auth
    assert auth is not None and auth.get_secret_value() == "bob:hunter2"
    with pytest.raises(SettingsError, match=r"CITEWISE_AUTH: the file named after @ cannot be read: No such file"):
        Settings.load(auth=f"@{tmp_path / 'gone'}")
    file.write_text("hunter2")
    with pytest.raises(SettingsError) as caught:
        Settings.load(auth=f"@{file}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://bob:hunter2@h/v1\0", "bob:hunter2@h\0", "http://bob:a/hunter2@h\0", "http://bob:a hunter2@h\0"]
)
def test_an_address_that_may_hold_a_password_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^CITEWISE_WRITER_URL: it holds bytes") as caught:
        Settings.load(writer_url=url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "at_once"),
    [
        ({}, 1),
        ({"answers_at_once": 8}, 1),
        ({"answers_at_once": 8, "writer_url": "http://127.0.0.1:9/v1"}, 8),
        ({"writer_url": "http://127.0.0.1:9/v1"}, 1),
        ({"answers_at_once": 8, "writer_url": "http://127.0.0.1:9/v1", "mode": "quote"}, 1),
        ({"answers_at_once": 8, "writer_url": "http://127.0.0.1:9/v1", "writer": "none"}, 1),
    ],
)
def test_several_answers_are_made_at_once_only_where_a_server_writes(given: dict[str, Any], at_once: int) -> None:
    assert Settings.load(**given).at_once == at_once
