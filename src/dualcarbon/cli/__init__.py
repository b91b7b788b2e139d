"""The front door in the terminal: init, check, run, claims, frontier, regress, did, convert, list."""

from __future__ import annotations

from typing import Annotated

import typer

from dualcarbon import __version__
from dualcarbon.cli.data import check, convert, init
from dualcarbon.cli.door import Door
from dualcarbon.cli.jobs import did, frontier, market, regress
from dualcarbon.cli.studies import claims, list_all, run
from dualcarbon.core.interrupt import listen

app = typer.Typer(
    cls=Door,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="从企业台账到二氧化碳、边际减排成本、数字技术效应与双语报告。\n\n"
    "From firms' accounts to CO2, marginal abatement costs, the effects of digital technology and a bilingual report.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dualcarbon {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 | version")
    ] = False,
) -> None:
    pass


for command in (init, check, convert, run, claims, frontier, regress, did, market):
    app.command()(command)
app.command(name="list")(list_all)


def main() -> None:
    """Run the command line."""
    listen()
    app()
