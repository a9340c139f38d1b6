"""A chart as one HTML file that needs nothing else: no network, no server."""

from __future__ import annotations

import json
from html import escape
from typing import Any

__all__ = ["self_contained_page"]

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; padding: 1.5rem; background: {background}; }}
#chart {{ max-width: 70rem; margin: auto; }}
</style>
</head>
<body>
<div id="chart" role="img" aria-label="{title}"></div>
<script type="application/json" id="specification">{specification}</script>
<script>{library}</script>
<script>
vegaEmbed("#chart", JSON.parse(document.getElementById("specification").textContent),
          {{ actions: {{ export: true, source: false, compiled: false, editor: false }} }});
</script>
</body>
</html>
"""


def self_contained_page(title: str, specification: dict[str, Any], library: str) -> str:
    """Return the page; ``library`` is the JavaScript that defines ``vegaEmbed``."""
    return _PAGE.format(
        title=escape(title),
        background=escape(str(specification.get("config", {}).get("background", "#ffffff"))),
        # '<' could end the script element early, in a cell's name as in a library's text.
        specification=json.dumps(specification, allow_nan=False).replace("<", "\\u003c"),
        library=library.replace("</script", "<\\/script"),
    )
