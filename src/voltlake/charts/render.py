"""From a specification to a file: PNG, SVG, PDF, one HTML page, Vega-Lite or compiled Vega.

vl-convert 1.9 holds the interpreter's lock while it works (a picture of fifty cells stops
all other threads for more than a second), so that it runs in a child process only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import TimeoutError as TaskTimeout
from functools import lru_cache
from threading import Lock
from types import TracebackType
from typing import Literal, get_args

from pebble import ProcessExpired, ProcessPool

from voltlake.charts import drawing
from voltlake.charts.specification import Specification
from voltlake.children import CHILDREN, die_with_parent
from voltlake.errors import NotFound, RenderFailed

__all__ = ["FILE_FORMATS", "FileFormat", "Renderer"]

FileFormat = Literal["png", "svg", "pdf", "html", "json"]
FILE_FORMATS: tuple[str, ...] = get_args(FileFormat)

_PICTURES_PER_CHILD = 60
"""A child grows to some hundred megabytes; it is replaced after this many pictures."""
_TIMEOUT_SECOND = 90.0
_COMPILED_KEPT = 256


class Renderer:
    """Draws specifications in a child process, which starts with the first picture.

    Use it as a context manager or call :meth:`close`; the child also dies with its parent.
    All methods may be called from several threads.
    """

    def __init__(self, timeout_second: float = _TIMEOUT_SECOND) -> None:
        self._timeout_second = timeout_second
        self._pool: ProcessPool | None = None
        self._lock = Lock()
        self._compile = lru_cache(_COMPILED_KEPT)(lambda text: self._run(drawing.compiled, text))

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def render(self, specification: Specification, file_format: str, title: str = "") -> bytes:
        """Return the file's bytes.

        Raises
        ------
        NotFound
            ``file_format`` is none of :data:`FILE_FORMATS`.
        RenderFailed
            The child died or took longer than the limit.
        """
        text = json.dumps(specification, allow_nan=False)
        if file_format == "json":
            return text.encode()
        if file_format not in drawing.DRAWERS:
            known = ", ".join(FILE_FORMATS)
            raise NotFound(f"'{file_format[:20]}' is no chart format", remedy=f"Use {known}")
        if file_format == "html":
            return self._run(drawing.DRAWERS["html"], title, text)
        return self._run(drawing.DRAWERS[file_format], text)

    def compiled(self, specification: Specification) -> bytes:
        """Return the specification compiled to Vega, as JSON; the last ones are remembered."""
        return self._compile(json.dumps(specification, allow_nan=False))

    def _run(self, draw: Callable[..., bytes], *arguments: str) -> bytes:
        task = self._children().schedule(draw, args=arguments, timeout=self._timeout_second)
        try:
            drawn: bytes = task.result()
        except TaskTimeout as error:
            raise RenderFailed(f"drawing took longer than {self._timeout_second:g} s") from error
        except ProcessExpired as error:
            raise RenderFailed(f"the drawing process ended with code {error.exitcode}") from error
        return drawn

    def _children(self) -> ProcessPool:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=1,
                    max_tasks=_PICTURES_PER_CHILD,
                    initializer=die_with_parent,
                    initargs=(os.getpid(),),
                    context=CHILDREN,
                )
            return self._pool

    def close(self) -> None:
        """End the child; a later picture would start another."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()
