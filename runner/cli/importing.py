"""`jobgate import`: a spec and a script file from a request that is sent today by other means."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from runner.cli import options
from runner.errors import CheckError
from runner.git import placing, repository
from runner.importing import drafting
from runner.pipeline import importing
from runner.report import imports

_STDIN = "-"


@click.command("import", short_help="Write a spec from a request that exists: JSON or curl.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--name", help="The job's name.  [default: made of task_name, else of FILE]")
@click.option("--into", default="specs", show_default=True, help="The folder for the spec.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@options.formats("text", "json")
@options.repository
def command(folder: Path, form: str, file: str, name: str | None, into: str, *, force: bool) -> int:
    r"""Write a spec and its script file from the request in FILE (`-`: standard input).

    FILE is the JSON body of fast_execute_script, of v2, v3 or v4, or a curl command that sends it.
    What became of each field that is not carried as it is, is told; credentials are never written.
    A field that cannot be carried ends the command, and nothing is written.

    \b
    Example:
      jobgate import request.json --name restart-nginx
      jobgate import curl.txt --into specs/imported --format json
    """
    _usable(name, into)
    content = sys.stdin.buffer.read() if file == _STDIN else Path(file).read_bytes()
    shown = "stdin" if file == _STDIN else file
    done = importing.imported(shown, content, name=name, into=into)
    with repository.Git.open(folder) as opened:
        placing.place(opened.top, done.draft.files, replace=force)
    click.echo(imports.document(done) if form == "json" else imports.text(done), nl=False)
    return 0 if done.valid else CheckError.exit_code


def _usable(name: str | None, into: str) -> None:
    if name is not None and drafting.NAME.fullmatch(name) is None:
        raise click.BadParameter(
            "use lower-case letters, digits and dashes, at most 63", param_hint="--name"
        )
    if into != "specs" and not into.startswith("specs/"):
        raise click.BadParameter("specs lie below specs/", param_hint="--into")
