"""Every request gets a number, a line in the log and a place in the metrics."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voltlake._version import __version__

__all__ = ["AccessLog", "Metrics"]

_log = logging.getLogger("voltlake.access")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NO_ROUTE = "none"


@dataclass(slots=True)
class Metrics:
    """What this process has answered so far; only the event loop writes to it."""

    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def count(self, method: str, route: str, status: int, second: float) -> None:
        """Add one answer."""
        self.answers[method, route, status] += 1
        self.seconds[route] += second

    def as_text(self) -> str:
        """Return all numbers in the text format of Prometheus, version 0.0.4."""
        lines = [
            "# HELP voltlake_info The running version.",
            "# TYPE voltlake_info gauge",
            f'voltlake_info{{version="{__version__}"}} 1',
            "# HELP voltlake_requests_total Answers by method, route and status.",
            "# TYPE voltlake_requests_total counter",
        ]
        for (method, route, status), count in sorted(self.answers.items()):
            labels = f'method="{method}",route="{route}",status="{status}"'
            lines.append(f"voltlake_requests_total{{{labels}}} {count}")
        lines += [
            "# HELP voltlake_request_seconds_total Time spent answering, by route.",
            "# TYPE voltlake_request_seconds_total counter",
        ]
        lines += [
            f'voltlake_request_seconds_total{{route="{route}"}} {second:.6f}'
            for route, second in sorted(self.seconds.items())
        ]
        return "\n".join(lines) + "\n"


class AccessLog:
    """Middleware: names each request, measures it, logs it, counts it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and watch its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        answer = {"status": 500, "bytes": 0}

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            elif message["type"] == "http.response.body":
                answer["bytes"] += len(message.get("body", b""))
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, watch)
        finally:
            self._note(scope, request_id, answer, time.perf_counter() - began)

    def _note(self, scope: Scope, request_id: str, answer: dict[str, int], second: float) -> None:
        # The route, not the path: a scanner must not be able to fill the memory with names.
        route = getattr(scope.get("route"), "path", _NO_ROUTE)
        self.metrics.count(scope["method"], route, answer["status"], second)
        _log.info(
            "%s %s %d",
            scope["method"],
            scope["path"],
            answer["status"],
            extra={
                "request_id": request_id,
                "method": scope["method"],
                "path": scope["path"],
                "status": answer["status"],
                "bytes": answer["bytes"],
                "duration_ms": round(second * 1000, 1),
            },
        )
