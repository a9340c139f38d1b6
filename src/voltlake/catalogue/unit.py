"""A unit of work: the catalogue's repositories over one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voltlake.catalogue.models import CellTest, Job, SourceFile
from voltlake.catalogue.repositories.cells import Cells
from voltlake.catalogue.repositories.files import Files
from voltlake.catalogue.repositories.jobs import Jobs
from voltlake.catalogue.repositories.projects import Projects
from voltlake.catalogue.repositories.series import SeriesObjects
from voltlake.catalogue.repositories.summaries import Cycles, Steps
from voltlake.catalogue.repositories.tests import CellTests
from voltlake.catalogue.repositories.verdicts import Certificates, Findings

__all__ = ["Unit"]


class Unit:
    """What happens inside one transaction, by aggregate.

    Rows that it hands out stay readable after the end of the transaction.
    """

    def __init__(self, session: Session, clock: Callable[[], datetime]) -> None:
        self.session = session
        self.projects = Projects(session, clock)
        self.cells = Cells(session, clock)
        self.tests = CellTests(session, clock)
        self.files = Files(session, clock)
        self.series = SeriesObjects(session)
        self.steps = Steps(session)
        self.cycles = Cycles(session)
        self.findings = Findings(session)
        self.certificates = Certificates(session)
        self.jobs = Jobs(session, clock)

    def version(self) -> str:
        """Return a text that changes whenever a file was offered, a job ended or a test came."""
        statement = select(
            select(func.coalesce(func.sum(SourceFile.attempts), 0)).scalar_subquery(),
            select(func.max(Job.finished)).scalar_subquery(),
            select(func.count(CellTest.id)).scalar_subquery(),
        )
        return "/".join(str(part) for part in self.session.execute(statement).one())
