"""A served lake and a real Chromium, with every error and every request written down."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from support.lakes import made_lake
from voltlake.cli.serve import make_app
from voltlake.settings import Settings

SCREENSHOTS = Path(__file__).resolve().parents[2] / "test-results"
CLOSED_OFF = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where API and dashboard of a made lake are served."""
    workspace = made_lake(tmp_path_factory.mktemp("browser"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(lake=workspace.root)
    app = make_app(workspace, settings)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("these tests drive Chromium, which is not here: run `make setup-browser`")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=list(CLOSED_OFF))


@dataclass
class Visit:
    """A page, and what happened while it was open."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def until(self, question: str, seconds: float = 10.0) -> None:
        """Wait until a JavaScript question is true (``wait_for_function`` needs eval)."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(question):
            assert time.monotonic() < end, f"never true: {question}; errors: {self.errors}"
            time.sleep(0.02)

    def drawn(self, selector: str) -> None:
        """Wait until a chart has been drawn with ink on it."""
        self.page.locator(f"{selector} canvas").first.wait_for()
        self.until(f"({INK})('{selector}') > 50")

    def keep(self, name: str) -> None:
        """Keep a picture of the page for people."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


INK = """selector => { const c = document.querySelector(selector + ' canvas');
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i] > 200) n += 1; return n; }"""
WATCH = """addEventListener('securitypolicyviolation',
  e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI));"""


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """Open a page; at the end nothing may have failed and nothing may have left the machine."""
    visits: list[Visit] = []

    def go(path: str, *, width: int = 1400, height: int = 900, scheme: str = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        page = context.new_page()
        made = Visit(page)
        visits.append(made)
        page.add_init_script(WATCH)
        page.on("pageerror", lambda error: made.errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and made.errors.append(said.text))
        page.on("request", lambda request: made.requests.append(request.url))
        page.goto(f"{address}{path}")
        return made

    yield go
    for made in visits:
        made.page.context.close()
        assert made.errors == []
        abroad = [url for url in made.requests if not url.startswith((address, "data:", "blob:"))]
        assert abroad == []
