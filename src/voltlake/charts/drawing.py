"""What the child process does: it hands a specification to vl-convert.

This file imports no other part of the charts, so that the child starts quickly.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

from voltlake.charts.page import self_contained_page

__all__ = ["DRAWERS", "compiled"]

_PNG_SCALE = 2.0


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
    """Compile a Vega-Lite specification to Vega, as JSON."""
    import vl_convert

    return json.dumps(vl_convert.vegalite_to_vega(text)).encode()


def html(title: str, text: str) -> bytes:
    return self_contained_page(title, json.loads(text), _library()).encode()


@cache
def _library() -> str:
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


DRAWERS: dict[str, Callable[..., bytes]] = {"png": png, "svg": svg, "pdf": pdf, "html": html}
