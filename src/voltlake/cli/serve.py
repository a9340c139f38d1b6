"""`voltlake serve`: dashboard and API in one process on one port."""

from __future__ import annotations

import logging
import threading
import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer

from voltlake.cli.options import LakeFolder
from voltlake.cli.output import messages
from voltlake.cli.workspaces import settings_for
from voltlake.errors import InvalidRequest
from voltlake.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from voltlake.services.workspace import Workspace

__all__ = ["make_app", "serve", "serve_workspace"]

log = logging.getLogger(__name__)

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def serve(
    lake: LakeFolder = None,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on.")] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="The port. [env: PANEL_PORT; 8060]"),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Open the dashboard in the browser.")
    ] = False,
) -> None:
    """Serve the dashboard and the API of a lake on this machine.

    Pages at /, the API under /api/v1 with its documentation at /api/docs, health at
    /healthz. Listens on loopback only: accounts for other addresses do not exist yet.

    [bold]voltlake serve --lake lake --show[/bold]
    """
    from voltlake.bootstrap import open_workspace

    settings = settings_for(lake)
    chosen = {"host": host, "port": port}
    settings = settings.model_copy(update={k: v for k, v in chosen.items() if v is not None})
    serve_workspace(open_workspace(settings), settings, show=show)


def make_app(workspace: Workspace, settings: Settings) -> FastAPI:
    """Compose API and dashboard into one application."""
    from voltlake.api.app import create_app
    from voltlake.dashboard.app import add_dashboard

    app = create_app(workspace, allowed_hosts=[settings.host, *settings.allowed_hosts])
    add_dashboard(app, workspace)
    return app


def serve_workspace(workspace: Workspace, settings: Settings, *, show: bool) -> None:
    """Serve until interrupted; refuses any address but loopback."""
    import uvicorn

    if settings.host not in _LOOPBACK:
        raise InvalidRequest(
            f"refusing to listen on {settings.host} without accounts",
            remedy="Use --host 127.0.0.1, behind a reverse proxy that asks who is there",
        )
    config = uvicorn.Config(
        make_app(workspace, settings), host=settings.host, port=settings.port,
        log_config=None, access_log=False, server_header=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    shown_host = "localhost" if settings.host == "127.0.0.1" else settings.host
    url = f"http://{shown_host}:{settings.port}/"
    messages.print(
        f"Voltlake serves {workspace.root} at [bold]{url}[/bold] (Ctrl+C stops)", highlight=False
    )
    if show:
        threading.Timer(1.0, webbrowser.open, [url]).start()
    server.run()
