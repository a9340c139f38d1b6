"""What the child process does: it hands a specification to vl-convert.

This file imports no other part of the charts, so that the child starts quickly.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import cache

from voltlake.charts.page import self_contained_page

__all__ = ["DRAWERS", "compiled", "enter_child"]

_PNG_SCALE = 2.0
_PR_SET_PDEATHSIG = 1


def enter_child(parent: int) -> None:
    """Die with the parent, and leave the terminal's interrupt to it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died while this child was starting
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def png(text: str) -> bytes:
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(text, scale=_PNG_SCALE, allowed_base_urls=[]))


def svg(text: str) -> bytes:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(text, allowed_base_urls=[])).encode()


def pdf(text: str) -> bytes:
    import vl_convert

    return bytes(vl_convert.vegalite_to_pdf(text, allowed_base_urls=[]))


def compiled(text: str) -> bytes:
    import vl_convert

    return json.dumps(vl_convert.vegalite_to_vega(text)).encode()


def html(title: str, text: str) -> bytes:
    return self_contained_page(title, json.loads(text), _library()).encode()


@cache
def _library() -> str:
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


DRAWERS: dict[str, Callable[..., bytes]] = {"png": png, "svg": svg, "pdf": pdf, "html": html}
