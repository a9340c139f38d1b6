"""The API's own page: Swagger UI from this server, so that it works without a network."""

from __future__ import annotations

from html import escape
from importlib import resources

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from voltlake.api.problems import ProblemRoute
from voltlake.errors import NotFound

__all__ = ["OPENAPI_URL", "router"]

OPENAPI_URL = "/api/v1/openapi.json"
router = APIRouter(prefix="/api/docs", include_in_schema=False, route_class=ProblemRoute)

_SCRIPTS = {
    "start.js": (
        'SwaggerUIBundle({ url: "' + OPENAPI_URL + '", dom_id: "#swagger-ui",\n'
        "  deepLinking: true, validatorUrl: null, defaultModelsExpandDepth: 0 });\n"
    )
}
_FETCHED = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""


@router.get("")
def documentation() -> Response:
    """Show the page that documents and tries the API."""
    headers = {"Content-Security-Policy": _CONTENT_SECURITY_POLICY}
    return HTMLResponse(_PAGE.format(title=escape("Voltlake API")), headers=headers)


@router.get("/{name}")
def documentation_file(name: str) -> Response:
    """Serve one of the files that the page loads."""
    headers = {"Cache-Control": "public, max-age=3600"}
    if name in _SCRIPTS:
        return Response(_SCRIPTS[name], media_type="text/javascript", headers=headers)
    if name not in _FETCHED:
        raise NotFound(f"the page of the API has no file '{name[:80]}'")
    vendor = resources.files("voltlake") / "dashboard" / "static" / "vendor"
    try:
        content = (vendor / name).read_bytes()
    except FileNotFoundError as error:
        raise NotFound(
            "the browser's libraries are missing from this installation",
            remedy="Install Voltlake again with pip: the build fetches them",
        ) from error
    return Response(content, media_type=_FETCHED[name], headers=headers)
