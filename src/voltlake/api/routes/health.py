"""Whether the service can answer, and what it has answered."""

from __future__ import annotations

from fastapi import APIRouter, Response

from voltlake._version import __version__
from voltlake.api.dependencies import CurrentApi
from voltlake.api.payloads import HealthPayload
from voltlake.api.problems import ProblemRoute
from voltlake.services import explore

router = APIRouter(tags=["health"], route_class=ProblemRoute)


@router.get("/healthz")
def health(api: CurrentApi) -> HealthPayload:
    """Say ``ok`` if the catalogue answers; a problem otherwise."""
    explore.data_version(api.workspace)
    return HealthPayload(status="ok", version=__version__)


@router.get("/metrics", response_class=Response)
async def metrics(api: CurrentApi) -> Response:
    """Return the counters of this process for Prometheus."""
    return Response(
        api.metrics.as_text(),
        media_type="text/plain; version=0.0.4",
        headers={"Cache-Control": "no-store"},
    )
