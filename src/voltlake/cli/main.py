"""The command ``voltlake``: one file per group of commands, put together here."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError
from rich.markup import escape

from voltlake._version import __version__
from voltlake.cli import chart, check, db, demo, doctor, export, ingest, listing, read, serve, sql
from voltlake.cli.logs import set_up_logs
from voltlake.cli.output import FAILED, messages
from voltlake.errors import InvalidRequest, NotAFile, NotFound, VoltlakeError
from voltlake.settings import Settings

__all__ = ["app", "main"]

USAGE = 2
"""Exit code: the command was used wrongly."""

app = typer.Typer(
    name="voltlake",
    help="Turns a folder of battery-cycler files into checked, standard, queryable data.",
    epilog="Start with: voltlake demo  ·  then: voltlake ingest FOLDER, voltlake serve --show",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("read")(read.read)
app.command("check")(check.check)
app.command("ingest")(ingest.ingest_files)
for name, command in listing.COMMANDS.items():
    app.command(name)(command)
app.command("export")(export.export)
app.command("chart")(chart.chart)
app.command("sql")(sql.sql)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.add_typer(db.app, name="db")
app.add_typer(listing.tests_app, name="tests")


@app.callback(invoke_without_command=True)
def _whole(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line: exit 0 done, 1 some items failed, 2 wrong usage."""
    try:
        set_up_logs(Settings().log_level)
    except ValidationError as error:
        for each in error.errors():
            setting, reason = ".".join(map(str, each["loc"])), each["msg"]
            _print_error(InvalidRequest(f"the setting {setting} is refused: {reason}"))
        sys.exit(USAGE)
    try:
        app()
    except (InvalidRequest, NotAFile, NotFound) as error:
        _print_error(error)
        sys.exit(USAGE)
    except VoltlakeError as error:
        _print_error(error)
        sys.exit(FAILED)
    except BrokenPipeError:
        sys.exit(0)  # the reader of our output has seen enough, as `head` does


def _print_error(error: VoltlakeError) -> None:
    # Escaped: square brackets hold the slug, not markup.
    messages.print(f"[bold red]Error[/bold red] {escape(str(error))}", highlight=False)


if __name__ == "__main__":
    main()
