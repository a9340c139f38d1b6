"""Moves the catalogue's schema between revisions, by Alembic, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

__all__ = ["VERSION_TABLE", "downgrade", "head_revision", "is_known", "revision_of", "upgrade"]

VERSION_TABLE = "alembic_version"


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to ``revision`` inside the transaction of ``connection``."""
    command.upgrade(_configuration(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take the schema back to ``revision`` inside the transaction of ``connection``."""
    command.downgrade(_configuration(connection), revision)


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the connected schema; ``None`` where there is none."""
    return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """Return the newest revision that this program knows."""
    return str(ScriptDirectory.from_config(_configuration()).get_current_head())


def is_known(revision: str) -> bool:
    """Say whether this program has a migration called ``revision``."""
    scripts = ScriptDirectory.from_config(_configuration())
    return any(script.revision == revision for script in scripts.walk_revisions())


def _configuration(connection: Connection | None = None) -> Config:
    configuration = Config()
    configuration.set_main_option("path_separator", "os")
    folder = str(Path(__file__).parent / "migrations")
    configuration.set_main_option("script_location", folder.replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration
