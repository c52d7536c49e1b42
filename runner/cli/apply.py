"""`jobgate apply`: run what is approved at the tip of the ledger's branch, once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from runner.cli import besides, compose, options, seenplan
from runner.errors import UsageError, gravest
from runner.pipeline import applying, rehearsing
from runner.report import documents, github, junit, rehearsals, runs, text

if TYPE_CHECKING:
    from pathlib import Path

    from runner.keys import RunnerKey
    from runner.outcomes import Item, Outcome, Rehearsal
    from runner.pipeline.world import World


def _planted(
    ctx: click.Context, param: click.Parameter, names: tuple[str, ...]
) -> frozenset[tuple[str, int]]:
    """Return jobs of platforms as they were named."""
    del ctx, param
    found = [name.rpartition("/") for name in names]
    if not all(platform and job.isascii() and job.isdigit() for platform, _, job in found):
        raise click.BadParameter("write it as PLATFORM/ID, such as prod/12", param_hint="--planted")
    return frozenset((platform, int(job)) for platform, _, job in found)


@click.command(short_help="Run what is approved at the branch's tip, once.")
@click.option("--head", default="HEAD", show_default=True, help="The commit; it must be the tip.")
@click.option("--plan", "named", help="Refuse unless this is the plan: a digest, or plan.json.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 1000),
    default=16,
    show_default=True,
    help="Jobs at a time.",
)
@click.option("--only", multiple=True, metavar="JOB", help="Only this job; may be repeated.")
@click.option("--platform", help="Only the jobs of this platform.")
@click.option(
    "--wait/--no-wait", default=True, show_default=True, help="Follow what was started to its end."
)
@click.option("--again", is_flag=True, help="Submit anew what the platform refused.")
@click.option("--dry-run", "dry", is_flag=True, help="Only show the calls that would be made.")
@click.option(
    "--planted",
    multiple=True,
    metavar="PLATFORM/ID",
    callback=_planted,
    help="Pass over this job there: somebody gave it a false name; may be repeated.",
)
@options.runner_key
@options.summary(".md", ".json", ".xml")
@options.outputs
@options.formats("text", "json", "github", "junit", "markdown")
@options.repository
def command(
    folder: Path,
    form: str,
    *,
    head: str,
    named: str | None,
    parallel: int,
    only: tuple[str, ...],
    platform: str | None,
    wait: bool,
    again: bool,
    dry: bool,
    planted: frozenset[tuple[str, int]],
    runner_key: Path | None,
    summaries: tuple[Path, ...],
    outputs: Path | None,
) -> int:
    r"""Run what is approved at the tip of the ledger's branch, each job once, and follow it.

    Safe to run again at any time, by anyone, also after a crash: what was begun is carried on,
    what ran is left alone.

    \b
    Exits 0 when nothing waits, 4 not approved yet, 5 denied, 6 superseded or another plan,
    7 a job failed, 8 outcome unknown, 9 platform refused or unreachable. With --no-wait a job
    that was started counts as done; with --dry-run one that would run.

    \b
    Example:
      jobgate apply
      jobgate apply --plan plan.json
      jobgate apply --only restart-nginx --dry-run
    """
    chosen = applying.Options(
        parallel=parallel, only=only, platform=platform, wait=wait, again=again, planted=planted
    )
    chosen = replace(chosen, plan=None if named is None else seenplan.digest(named))
    aside = besides.Besides(form=form, summaries=summaries, outputs=outputs)
    with aside.told(), compose.world(folder, writer=_writer(runner_key, dry=dry)) as world:
        return (_rehearsed if dry else _applied)(world, head, chosen, aside)


def _writer(runner_key: Path | None, *, dry: bool) -> RunnerKey | None:
    return None if dry else options.writer(runner_key)


def _applied(world: World, head: str, chosen: applying.Options, aside: besides.Besides) -> int:
    views = {
        "text": text.outcome,
        "json": documents.outcome,
        "github": lambda done: github.outcome(done, besides.draw),
        "junit": junit.outcome,
        "markdown": runs.outcome,
    }
    done = applying.apply(world, world.repository.commit(head), chosen)
    click.echo(views[aside.form](done), nl=False)
    return aside.written(_forms(done), gravest(item.code for item in done.items))


def _rehearsed(world: World, head: str, chosen: applying.Options, aside: besides.Besides) -> int:
    if ".xml" in aside.suffixes or aside.form == "junit":
        raise UsageError(
            "cannot write a dry run as JUnit: nothing comes out in it",
            mend="leave one of `--dry-run` and the file or form out",
        )
    views = {
        "text": rehearsals.text,
        "json": rehearsals.document,
        "github": lambda done: github.fenced(rehearsals.text(done), besides.draw),
        "markdown": rehearsals.markdown,
    }
    done = rehearsing.rehearsal(world, world.repository.commit(head), chosen)
    click.echo(views[aside.form](done), nl=False)
    return aside.written(_rehearsed_forms(done), gravest(item.code for item in done.items))


def _forms(done: Outcome) -> besides.Forms:
    """Return what an apply did in every form that a file may have."""
    return besides.Forms(
        forms={
            ".md": lambda: runs.outcome(done),
            ".json": lambda: documents.outcome(done),
            ".xml": lambda: junit.outcome(done),
        },
        more="The rest had no room here: `jobgate status` shows all jobs.",
        outputs={"plan-digest": done.plan, **_counted(done.items, len(done.standing))},
    )


def _rehearsed_forms(done: Rehearsal) -> besides.Forms:
    """Return a rehearsal in every form that a file may have."""
    return besides.Forms(
        forms={
            ".md": lambda: rehearsals.markdown(done),
            ".json": lambda: rehearsals.document(done),
        },
        more="The rest had no room here: `jobgate apply --dry-run` shows all of it.",
        outputs={"plan-digest": done.plan, **_counted(done.items, 0)},
    )


def _counted(items: tuple[Item, ...], submitted: int) -> dict[str, str]:
    """Return the exit code, and of how many jobs it tells what."""
    codes = [item.code for item in items]
    return {
        "code": str(gravest(codes)),
        "submitted": str(submitted),
        "waiting": str(codes.count(4)),
        "denied": str(codes.count(5)),
        "failed": str(codes.count(7)),
        "unknown": str(codes.count(8)),
    }
