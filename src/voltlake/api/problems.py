"""Errors as RFC 9457 problems: what is wrong, where, what to do, and a stable code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from voltlake.errors import (
    CatalogueNotUpgraded,
    InvalidRequest,
    NoSamples,
    NotFound,
    VoltlakeError,
    WrongLake,
)

__all__ = ["PROBLEM_MEDIA_TYPE", "ProblemRoute", "problem", "problem_of"]

PROBLEM_MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)
_UNPROCESSABLE = HTTPStatus(422)  # the name of its constant differs between Pythons

_STATUS = {
    NotFound.slug: HTTPStatus.NOT_FOUND,
    NoSamples.slug: HTTPStatus.NOT_FOUND,
    InvalidRequest.slug: _UNPROCESSABLE,
    CatalogueNotUpgraded.slug: HTTPStatus.SERVICE_UNAVAILABLE,
    WrongLake.slug: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(
    status: int, code: str, detail: str, *, place: str = "", remedy: str = "", request_id: str = ""
) -> Response:
    """Return a problem; ``code`` is the slug under which the docs explain it."""
    body = {
        "type": f"urn:voltlake:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        "place": place,
        "remedy": remedy,
        "request_id": request_id,
    }
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(body), status, headers, media_type=PROBLEM_MEDIA_TYPE)


def problem_of(error: VoltlakeError, request_id: str = "") -> Response:
    """Return one of our errors as a problem; paths on the server's disk are not told."""
    otherwise = (
        HTTPStatus.SERVICE_UNAVAILABLE if error.transient else HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return problem(
        _STATUS.get(error.slug, otherwise),
        error.slug,
        error.message,
        place=error.place,
        remedy=error.remedy,
        request_id=request_id,
    )


def _invalid(error: RequestValidationError, request_id: str) -> Response:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return problem(
        _UNPROCESSABLE,
        InvalidRequest.slug,
        f"parameter '{name[:80]}': {first['msg']}",
        place=str(first["loc"][0]),
        remedy="The parameters of each address are described under /api/docs",
        request_id=request_id,
    )


class ProblemRoute(APIRoute):
    """A route of the API: whatever goes wrong in it becomes a problem.

    The route does it, not the application, because pages for people show errors as pages.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route."""
        answer = super().get_route_handler()

        async def answer_or_problem(request: Request) -> Response:
            request_id = str(getattr(request.state, "request_id", ""))
            try:
                return await answer(request)
            except VoltlakeError as error:
                return problem_of(error, request_id)
            except RequestValidationError as error:
                return _invalid(error, request_id)
            except HTTPException as error:
                slug = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
                return problem(error.status_code, slug, str(error.detail), request_id=request_id)
            except Exception:
                # The edge: the cause goes to the log, the caller gets the number to quote.
                _log.exception("unexpected error", extra={"request_id": request_id})
                return problem(
                    HTTPStatus.INTERNAL_SERVER_ERROR,
                    "internal-error",
                    "an error that Voltlake did not expect",
                    remedy="The server's log tells more under this request_id",
                    request_id=request_id,
                )

        return answer_or_problem
