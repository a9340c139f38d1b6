"""Settings: from the environment or ``.env``, and refused where they make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from voltlake.settings import Settings


@pytest.fixture(autouse=True)
def clean_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours is set, and no ``.env`` lies in the working directory."""
    for field in Settings.model_fields.values():
        for name in field.validation_alias.choices:  # type: ignore[union-attr]
            monkeypatch.delenv(str(name), raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults() -> None:
    settings = Settings()
    assert (settings.lake, settings.host, settings.port) == (Path("lake"), "127.0.0.1", 8060)
    assert (settings.database_url, settings.time_zone, settings.log_level) == (
        None,
        None,
        "WARNING",
    )
    assert settings.workers >= 1
    assert settings.allowed_hosts == []


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("VOLTLAKE_LAKE", "/data/lake", "lake", Path("/data/lake")),
        ("VOLTLAKE_TIME_ZONE", "Europe/Berlin", "time_zone", "Europe/Berlin"),
        ("VOLTLAKE_WORKERS", "3", "workers", 3),
        ("VOLTLAKE_PARSE_MEMORY_MB", "512", "parse_memory_mb", 512),
        ("VOLTLAKE_PARSE_TIMEOUT_SECOND", "1.5", "parse_timeout_second", 1.5),
        ("VOLTLAKE_MAX_ATTEMPTS", "5", "max_attempts", 5),
        ("VOLTLAKE_HOST", "localhost", "host", "localhost"),
        ("VOLTLAKE_PORT", "9000", "port", 9000),
        ("PANEL_PORT", "9001", "port", 9001),
        ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
        ("VOLTLAKE_ALLOWED_HOSTS", " a.lab , b.lab,", "allowed_hosts", ["a.lab", "b.lab"]),
        ("VOLTLAKE_ALLOWED_HOSTS", "", "allowed_hosts", []),
        ("VOLTLAKE_TIME_ZONE", "", "time_zone", None),
        ("DATABASE_URL", "", "database_url", None),
    ],
)
def test_the_environment_is_read(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, field: str, value: object
) -> None:
    monkeypatch.setenv(variable, text)
    assert getattr(Settings(), field) == value


def test_a_file_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("VOLTLAKE_LAKE=from_file\nVOLTLAKE_PORT=1\nUNRELATED=x\n")
    monkeypatch.setenv("VOLTLAKE_PORT", "2")
    settings = Settings()
    assert (settings.lake, settings.port) == (Path("from_file"), 2)
    assert Settings(lake=Path("in_code"), port=3).port == 3
    assert Settings(lake=Path("in_code")).lake == Path("in_code")


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("VOLTLAKE_WORKERS", "0"), ("VOLTLAKE_WORKERS", "many"), ("VOLTLAKE_PORT", "65536"),
        ("VOLTLAKE_PARSE_MEMORY_MB", "10"), ("VOLTLAKE_PARSE_TIMEOUT_SECOND", "0"),
        ("VOLTLAKE_MAX_ATTEMPTS", "0"), ("LOG_LEVEL", "LOUD"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, variable: str, text: str) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(ValidationError):
        Settings()


def test_a_password_in_the_database_url_is_never_printed() -> None:
    settings = Settings(database_url="postgresql://me:hunter2@db/voltlake")  # type: ignore[arg-type]
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_every_setting_names_its_variable() -> None:
    for field in Settings.model_fields.values():
        for name in field.validation_alias.choices:  # type: ignore[union-attr]
            assert str(name) in (field.description or "")
