"""Opens the catalogue: one door to write through, one to read through.

This is the only file that knows which database engine is behind the URL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event, inspect, select
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.orm import Session

from voltlake.catalogue import schema
from voltlake.catalogue.models import Lake
from voltlake.catalogue.mounts import MOUNTS, refuse_network_mount
from voltlake.catalogue.unit import Unit
from voltlake.errors import CatalogueNotUpgraded, InvalidRequest, WrongLake

__all__ = ["Catalogue", "sqlite_url"]

BUSY_TIMEOUT_MILLISECOND = 30_000


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def sqlite_url(path: Path) -> str:
    """Return the URL of a catalogue in the file ``path``."""
    return URL.create("sqlite", database=str(path)).render_as_string()


class Catalogue:
    """The catalogue behind a URL. Making one opens nothing; each door connects when used.

    Parameters
    ----------
    url
        ``sqlite:///…`` or any other URL that SQLAlchemy knows.
    clock
        Gives the present moment, for leases and time stamps.
    mounts
        The table of mounted file systems, as Linux writes it.

    Raises
    ------
    NetworkMount
        Where an SQLite file would lie on a network file system.
    """

    def __init__(
        self, url: str, *, clock: Callable[[], datetime] = utc_now, mounts: Path = MOUNTS
    ) -> None:
        self._url = make_url(url)
        self._clock = clock
        if self._url.get_backend_name() == "sqlite":
            self._writer, self._reader, self._mender = _sqlite_engines(self._url, mounts)
        else:
            self._writer, self._reader, self._mender = _server_engines(self._url)

    @property
    def url(self) -> str:
        """The URL, password hidden."""
        return self._url.render_as_string()

    @contextmanager
    def begin(self) -> Iterator[Unit]:
        """Open a unit of work: all of it is committed at the end, or nothing on an error."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield Unit(session, self._clock)

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """Open a consistent view that cannot write."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield Unit(session, self._clock)

    @contextmanager
    def mending(self) -> Iterator[Connection]:
        """Open a transaction for changes of the schema; a foreign schema is refused."""
        with self._mender.begin() as connection:
            _refuse_foreign_schema(connection)
            yield connection

    def upgrade(self, revision: str = "head") -> None:
        """Bring the schema to ``revision``, all at once."""
        with self.mending() as connection:
            schema.upgrade(connection, revision)

    def downgrade(self, revision: str) -> None:
        """Take the schema back to ``revision``; what it cannot hold is lost."""
        with self.mending() as connection:
            schema.downgrade(connection, revision)

    @property
    def revision(self) -> str | None:
        """The schema's revision; ``None`` before the first upgrade."""
        with self._reader.connect() as connection:
            return schema.revision_of(connection)

    def check(self) -> None:
        """Raise ``CatalogueNotUpgraded`` unless the schema is the one this program knows."""
        with self._reader.connect() as connection:
            _refuse_foreign_schema(connection)
            found = schema.revision_of(connection)
        wanted = schema.head_revision()
        if found == wanted:
            return
        if found is None:
            raise CatalogueNotUpgraded("the catalogue has no tables yet")
        age = "an older" if schema.is_known(found) else "a newer, or unknown,"
        raise CatalogueNotUpgraded(
            f"the catalogue has {age} schema ({found}, this program knows {wanted})"
        )

    def identify(self, lake_id: str) -> None:
        """Bind the catalogue to a lake, once; ``WrongLake`` where it belongs to another."""
        with self.reading() as unit:
            found = unit.session.scalars(select(Lake.id)).first()
        if found is None:
            with self.begin() as unit:
                found = unit.session.scalars(select(Lake.id)).first()
                if found is None:
                    unit.session.add(Lake(id=lake_id, created=self._clock()))
                    return
        if found != lake_id:
            raise WrongLake(f"the catalogue belongs to lake {found}, the objects to {lake_id}")

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        for engine in (self._writer, self._reader, self._mender):
            engine.dispose()


def _refuse_foreign_schema(connection: Connection) -> None:
    tables = set(inspect(connection).get_table_names())
    if tables and not tables & {Lake.__tablename__, schema.VERSION_TABLE}:
        raise WrongLake(
            f"the database holds somebody else's tables ('{min(tables)}')",
            remedy="Give an empty database; name other people's as SOURCE_DATABASE_URL",
        )


_strict_json = partial(json.dumps, allow_nan=False, ensure_ascii=False)


def _sqlite_engines(url: URL, mounts: Path) -> tuple[Engine, Engine, Engine]:
    """Return writer, reader and mender (schema changes) over one SQLite file."""
    if url.database in (None, "", ":memory:"):
        raise InvalidRequest(
            "a catalogue needs a file: each connection would see another memory",
            remedy="Name a file: sqlite:///lake/catalogue.sqlite3",
        )
    refuse_network_mount(Path(str(url.database)).parent, mounts)
    connect = {"timeout": BUSY_TIMEOUT_MILLISECOND / 1000, "isolation_level": None}
    make = partial(create_engine, url, connect_args=connect, json_serializer=_strict_json)
    writer, reader, mender = make(), make(), make(poolclass=NullPool)
    event.listen(writer, "connect", partial(_pragmas, "foreign_keys=ON"))
    event.listen(reader, "connect", partial(_pragmas, "query_only=ON"))
    # Batch migrations rebuild tables; with foreign keys on, that would delete children.
    event.listen(mender, "connect", partial(_pragmas, "foreign_keys=OFF"))
    for engine in (writer, mender):
        # A deferred transaction that reads, then writes, fails at once instead of waiting.
        event.listen(engine, "begin", partial(_begin, "BEGIN IMMEDIATE"))
    event.listen(reader, "begin", partial(_begin, "BEGIN"))
    return writer, reader, mender


def _pragmas(last: str, connection: Any, _: object) -> None:
    # The timeout comes first: switching to WAL takes a lock.
    timeout = f"busy_timeout={BUSY_TIMEOUT_MILLISECOND}"
    for pragma in (timeout, "journal_mode=WAL", "synchronous=FULL", last):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)


def _server_engines(url: URL) -> tuple[Engine, Engine, Engine]:
    """Return writer, reader and mender over a database server."""
    make = partial(create_engine, url, json_serializer=_strict_json, pool_pre_ping=True)
    snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return make(), make(execution_options=snapshot), make(poolclass=NullPool)
