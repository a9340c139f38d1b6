"""Who may ask, and what a browser may do with the answer.

On loopback there is no login, so that a foreign page in the user's own browser is the
attacker: by its origin, or by a name of its own that resolves to this machine (DNS
rebinding). Both are refused here.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voltlake.api.problems import problem

__all__ = ["LOOPBACK_HOSTS", "SameHostOnly", "SecurityHeaders"]

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For what is no page: data and pictures. Pages set their own."""

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class SecurityHeaders:
    """Middleware: adds the headers that an answer does not carry yet."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and complete the headers of its answer."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, complete if scope["type"] == "http" else send)


class SameHostOnly:
    """Middleware: answers only to its own names, and only to its own pages."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower().strip("[]") for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a foreign ``Host`` or ``Origin``, else pass the request on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(headers.get("host", ""), headers.get("origin"))
        if not refusal:
            await self.app(scope, receive, send)
            return
        request_id = scope.get("state", {}).get("request_id", "")
        answer = problem(
            HTTPStatus.FORBIDDEN,
            "foreign-request",
            refusal,
            remedy="Names to answer to can be added in VOLTLAKE_ALLOWED_HOSTS",
            request_id=request_id,
        )
        await answer(scope, receive, send)

    def _refusal(self, host: str, origin: str | None) -> str:
        """Say why a request is refused; empty if it is not."""
        if _name(f"//{host}") not in self.hosts:
            return f"this server does not answer to the name '{host[:80]}'"
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return f"a page of '{origin[:80]}' may not ask this server"
        return ""


def _name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
