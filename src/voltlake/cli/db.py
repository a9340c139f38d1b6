"""`voltlake db`: care for the catalogue."""

from __future__ import annotations

import typer

from voltlake.cli.options import Json, LakeFolder
from voltlake.cli.output import console, print_json
from voltlake.cli.workspaces import opened, settings_for

__all__ = ["app"]

app = typer.Typer(
    help="Care for the catalogue: upgrade its schema, check that it is whole.", no_args_is_help=True
)


@app.command("upgrade")
def upgrade(lake: LakeFolder = None) -> None:
    """Bring the catalogue's schema to this program's version; makes a missing lake."""
    from voltlake.bootstrap import catalogue_url
    from voltlake.catalogue.session import Catalogue
    from voltlake.storage.layout import open_lake_folder

    settings = settings_for(lake)
    identity = open_lake_folder(settings.lake.expanduser().absolute())
    catalogue = Catalogue(catalogue_url(settings))
    before = catalogue.revision
    catalogue.upgrade()
    catalogue.identify(identity.lake_id)
    console.print(f"catalogue {before or 'new'} → {catalogue.revision}", highlight=False)


@app.command("check")
def check(lake: LakeFolder = None, json: Json = False) -> None:
    """Check that schema, lake id and every referenced object are there."""
    from voltlake.storage.layout import raw_key

    workspace = opened(lake)
    with workspace.catalogue.reading() as unit:
        keys = sorted(
            unit.series.object_keys() | {raw_key(each) for each in unit.files.stored_hashes()}
        )
    missing = [key for key in keys if not workspace.objects.exists(key)]
    result = {"revision": workspace.catalogue.revision, "objects": len(keys), "missing": missing}
    if json:
        print_json(result)
    else:
        console.print(f"schema {result['revision']}, {len(keys)} objects, {len(missing)} missing")
        for key in missing:
            console.print(f"  [bold red]missing[/bold red] {key}", highlight=False)
    if missing:
        raise typer.Exit(1)
