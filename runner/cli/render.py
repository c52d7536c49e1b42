"""`jobgate render`: the exact request and script of each job, as the platform would get them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import options
from runner.errors import CheckError
from runner.git import repository
from runner.pipeline import planning
from runner.report import documents, text

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Show the exact request and script of each job.")
@click.argument("names", nargs=-1, metavar="[JOB]...")
@click.option("--rev", help="Render this commit instead of the working tree.")
@options.formats("text", "json")
@options.repository
def command(folder: Path, form: str, rev: str | None, names: tuple[str, ...]) -> int:
    r"""Show the exact request and script of each job (JOB: its name, id or spec's path).

    \b
    Example:
      jobgate render restart-nginx
      jobgate render --rev HEAD --format json specs/prod/restart-nginx.yaml
    """
    with repository.Git.open(folder) as opened:
        tree = opened.worktree() if rev is None else opened.tree(opened.commit(rev))
        jobs = planning.demanded(tree).jobs
    known = {name for job in jobs for name in (job.name, job.id, job.path)}
    unknown = sorted(set(names) - known)
    if unknown:
        raise CheckError(
            f"cannot render {', '.join(unknown)}: no such job",
            mend=f"name one of {', '.join(sorted({job.name for job in jobs}))}",
        )
    chosen = [job for job in jobs if not names or {job.name, job.id, job.path} & set(names)]
    click.echo(documents.jobs(chosen) if form == "json" else text.jobs(chosen), nl=False)
    return 0
