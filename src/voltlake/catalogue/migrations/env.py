"""Alembic's entry: runs migrations on a given connection, or on the URL of the surroundings.

From the repository's root ``alembic upgrade head`` takes ``DATABASE_URL``, else the lake
named by ``VOLTLAKE_LAKE``, else the folder ``lake``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from alembic import context
from sqlalchemy.engine import Connection

from voltlake.catalogue.models import Row
from voltlake.catalogue.session import Catalogue, sqlite_url
from voltlake.catalogue.types import UtcDateTime


def _url() -> str:
    url = context.config.get_main_option("sqlalchemy.url") or os.environ.get("DATABASE_URL")
    if url:
        return url
    lake = Path(os.environ.get("VOLTLAKE_LAKE") or "lake")
    lake.mkdir(parents=True, exist_ok=True)
    return sqlite_url(lake / "catalogue.sqlite3")


def _render(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our column types into migrations as what they are in the database."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _run(connection: Connection | None) -> None:
    context.configure(
        connection=connection,
        url=None if connection is not None else _url(),
        target_metadata=Row.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        render_item=_render,
        literal_binds=connection is None,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
elif context.is_offline_mode():
    _run(None)
else:
    with Catalogue(_url()).mending() as opened:
        _run(opened)
