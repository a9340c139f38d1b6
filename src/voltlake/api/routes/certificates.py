"""Certificates: how each property of a test is known."""

from __future__ import annotations

from fastapi import APIRouter

from voltlake.api.dependencies import CurrentWorkspace, TestId
from voltlake.api.payloads import CertificatePayload
from voltlake.api.problems import ProblemRoute
from voltlake.services import explore

router = APIRouter(prefix="/tests", tags=["certificates"], route_class=ProblemRoute)


@router.get("/{test_id}/certificate")
def certificate(test_id: TestId, workspace: CurrentWorkspace) -> CertificatePayload:
    """Return what was declared, what was detected, the evidence and the verdict."""
    entries = explore.certificate(workspace, test_id).as_dicts()
    return CertificatePayload(test_id=test_id, entries=entries)
