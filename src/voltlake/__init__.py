"""Voltlake: battery-cycler files in, checked and standard data out.

>>> import voltlake as vl
>>> test = vl.read("cell_07.ndax")
>>> lake = vl.open("~/lake")

Nothing heavy is imported until one of these names is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voltlake._version import __version__

if TYPE_CHECKING:
    from voltlake.bootstrap import Lake, open, read

__all__ = ["Lake", "__version__", "open", "read"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from voltlake import bootstrap

        return getattr(bootstrap, name)
    raise AttributeError(f"module 'voltlake' has no attribute {name!r}")
