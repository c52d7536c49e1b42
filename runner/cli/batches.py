"""`jobgate batches`: what a rolling expression, or groups of source files, would come to."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from runner import batches, filesources, scatter
from runner.cli import options
from runner.errors import CheckError
from runner.pipeline import batching
from runner.report import batches as shown
from runner.report import marked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from runner.model import Finding

_MOST_HOSTS = 2**31 - 1
_WAIT = click.IntRange(0, scatter.LONGEST_WAIT)


# An expression may be anything, also what looks like an option (`-1`): it is then judged as one.
@click.command(
    short_help="Show the batches that a rolling expression makes.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("expression", required=False)
@click.option("--hosts", type=click.IntRange(0, _MOST_HOSTS), help="How many hosts to roll over.")
@click.option("--scatter-fixed", type=_WAIT, help="Scattered: the fixed wait, in ms.")
@click.option("--scatter-min", type=_WAIT, help="Scattered: the least random wait, in ms.")
@click.option("--scatter-max", type=_WAIT, help="Scattered: the most random wait, in ms.")
@click.option(
    "--file-source", type=click.File("rb"), metavar="FILE", help="Groups of source files, as JSON."
)
@click.option("--max-objects", type=int, help="The most hosts of a batch of source files.")
@click.option("--max-files", type=int, help="The most files of a batch of source files.")
@options.formats("text", "json")
def command(
    expression: str | None,
    *,
    hosts: int | None,
    scatter_fixed: int | None,
    scatter_min: int | None,
    scatter_max: int | None,
    file_source: BinaryIO | None,
    max_objects: int | None,
    max_files: int | None,
    form: str,
) -> int:
    r"""Show the batches of EXPRESSION over some hosts, exactly as the platform would make them.

    With --file-source: those of groups of source files. FILE (- for stdin) is a JSON list of
    {"hosts": […], "files": […]}; without a limit, or with one of 0, there is none.

    Exits 1 when there can be no batches.

    \b
    Example:
      jobgate batches "1 10% *2" --hosts 500
      jobgate batches "1 25%" --hosts 40 --scatter-fixed 60000 --scatter-max 5000
      jobgate batches --file-source groups.json --max-objects 2 --max-files 10
    """
    waits = (scatter_fixed, scatter_min, scatter_max)
    if file_source is not None:
        if expression is not None or hosts is not None or waits != (None, None, None):
            raise click.UsageError("--file-source stands without an expression and its options")
        limits = filesources.Limits(hosts=max_objects, files=max_files)
        return _divided(file_source, limits, form)
    if expression is None or hosts is None:
        raise click.UsageError("name an expression and --hosts, or --file-source")
    if max_objects is not None or max_files is not None:
        raise click.UsageError("--max-objects and --max-files belong to --file-source")
    return _rolled(expression, hosts, _waits(*waits), form)


def _waits(fixed: int | None, least: int | None, most: int | None) -> scatter.Waits | None:
    """Return the waits of a scatter job, or None when none of them is given."""
    if fixed is None and least is None and most is None:
        return None
    least = least or 0
    return scatter.Waits(fixed=fixed or 0, least=least, most=least if most is None else most)


def _rolled(expression: str, hosts: int, waits: scatter.Waits | None, form: str) -> int:
    # Bytes of the command line that are no text are no part of any expression either.
    readable = expression.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    made = batches.rolled(readable, hosts, waits)
    if made.value is None:
        return _refused(made.findings, {batches.EXPRESSION: readable.encode()}, form)
    if form == "json":
        click.echo(shown.rolled_document(made.value), nl=False)
    else:
        click.echo(shown.rolled(made.value, _width()), nl=False)
    return 0


def _divided(source: BinaryIO, limits: filesources.Limits, form: str) -> int:
    name, content = "-" if source.name == "<stdin>" else str(source.name), source.read()
    made = batching.divided(name, content, limits)
    if made.value is None:
        return _refused(made.findings, {name: content}, form)
    if form == "json":
        click.echo(shown.divided_document(made.value), nl=False)
    else:
        click.echo(shown.divided(made.value, _width()), nl=False)
    return 0


def _refused(found: tuple[Finding, ...], sources: Mapping[str, bytes], form: str) -> int:
    if form == "json":
        click.echo(shown.findings_document(found), nl=False)
    else:
        click.echo(marked.findings(found, sources), nl=False)
    return CheckError.exit_code


def _width() -> int:
    return shutil.get_terminal_size().columns
