"""Answers that have not changed are not made again.

An answer under ``/api/v1`` follows from its address and the state of the catalogue alone,
so that both together are its entity tag: it is known before the answer is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voltlake._version import __version__

__all__ = ["EntityTags"]

_OK = 200


class EntityTags:
    """Middleware: tags answers, and says 304 to who has them already.

    ``version`` returns a text that changes with every commit to the catalogue. It is read
    before the answer is made: a commit in between leaves an old tag on a new answer, which
    costs one more transfer and never shows old data as new.
    """

    def __init__(self, app: ASGIApp, prefix: str, version: Callable[[], str]) -> None:
        self.app = app
        self.prefix = prefix
        self.version = version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 304, or pass the request on and tag its answer."""
        tagged = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if not tagged or not scope["path"].startswith(self.prefix):
            await self.app(scope, receive, send)
            return
        tag = self._tag(scope, await run_in_threadpool(self.version))
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        known = Headers(scope=scope).get("if-none-match", "")
        if tag in [each.strip() for each in known.split(",")]:
            await Response(status_code=304, headers=headers)(scope, receive, send)
            return

        async def add_tag(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == _OK:
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self.app(scope, receive, add_tag)

    @staticmethod
    def _tag(scope: Scope, version: str) -> str:
        digest = hashlib.blake2s(digest_size=12)
        for part in (scope["path"].encode(), scope["query_string"], version.encode()):
            digest.update(part + b"\0")
        digest.update(__version__.encode())
        # Weak: the same content may travel compressed or plain.
        return f'W/"{digest.hexdigest()}"'
