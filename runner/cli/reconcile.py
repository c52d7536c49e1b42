"""`jobgate reconcile`: settle what nobody knew, and show where journal and platforms differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner import witness
from runner.cli import compose, options, ordering
from runner.errors import UsageError, gravest
from runner.pipeline import reconciling
from runner.report import reconciliations

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Settle what nobody knew; show where platforms and journal differ.")
@click.option("--settle", "name", metavar="JOB", help="Say yourself what became of this job.")
@click.option("--as", "outcome", type=click.Choice(reconciling.OUTCOMES), help="What became of it.")
@click.option("--reason", help="Why you say so; it is kept in the journal.")
@click.option(
    "--days",
    type=click.IntRange(1, 30),
    default=30,
    show_default=True,
    help="How far to look back in the platforms' lists.",
)
@options.runner_key
@options.formats("text", "json")
@options.repository
def command(
    folder: Path,
    form: str,
    *,
    name: str | None,
    outcome: str | None,
    reason: str | None,
    days: int,
    runner_key: Path | None,
) -> int:
    r"""Ask the platforms about every submission whose outcome is not known, and about all else.

    What a platform shows beyond doubt is settled. What it does not waits for a person, who says
    with --settle how it was. It starts nothing, and stops nothing.

    \b
    Exits 0 when all is as the journal has it, 1 when something else was found, 8 while an outcome
    is unknown, 9 when a platform is unreachable, 10 when jobs show that entries were lost.

    \b
    Example:
      jobgate reconcile
      jobgate reconcile --settle restart-nginx --as failed --reason "host 3 was never reached"
    """
    claim = _claim(folder, name, outcome, reason)
    with compose.world(folder, writer=options.writer(runner_key)) as world:
        done = reconciling.reconciliation(world, days, claim)
    view = reconciliations.document if form == "json" else reconciliations.text
    click.echo(view(done), nl=False)
    return gravest(witness.CODES[each.concern] for each in done.remarks)


def _claim(
    folder: Path, name: str | None, outcome: str | None, reason: str | None
) -> reconciling.Claim | None:
    if name is None and outcome is None and reason is None:
        return None
    if name is None or outcome is None or not reason:
        raise UsageError(
            "cannot settle: one of `--settle`, `--as` and `--reason` is missing",
            mend="name the job, what became of it, and why you say so",
        )
    why = ordering.said(reason)
    return reconciling.Claim(name=name, outcome=outcome, by=ordering.who(folder), reason=why)
