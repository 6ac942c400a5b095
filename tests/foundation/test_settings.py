"""Settings come from the environment, once, and a wrong one is told plainly."""

from __future__ import annotations

from pathlib import Path

import pytest

from barback.foundation.settings import Settings, SettingsError, settings_from, unknown_settings, variable


def test_text_of_the_environment_becomes_values() -> None:
    environ = {"BARBACK_PORT": "9000", "BARBACK_LOG_LEVEL": "debug", "HOME": "/root"}
    assert settings_from(environ) == Settings(port=9000, log_level="debug")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("BARBACK_PORT", "many", "BARBACK_PORT: Expected int, got str, got 'many'"),
        ("BARBACK_PORT", "70000", "BARBACK_PORT: Expected int <= 65535, got '70000'"),
        ("BARBACK_LOG_LEVEL", "loud", "BARBACK_LOG_LEVEL: Invalid enum value 'loud', got 'loud'"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_from({name: value})
    assert str(caught.value) == told


def test_an_unknown_setting_is_told_with_the_nearest() -> None:
    environ = {"BARBACK_DATABSE_URL": "x", "BARBACK_PORT": "1", "OTHER": "y", "BARBACK_XYZZY": "z"}
    assert unknown_settings(environ) == [
        "unknown setting BARBACK_DATABSE_URL, did you mean BARBACK_DATABASE_URL?",
        "unknown setting BARBACK_XYZZY",
    ]


def test_without_a_database_there_is_one_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings().database() == f"sqlite:///{tmp_path}/data/barback.db"
    assert Settings(database_url="postgresql://u@h/n").database() == "postgresql://u@h/n"
    assert variable("log_level") == "BARBACK_LOG_LEVEL"
