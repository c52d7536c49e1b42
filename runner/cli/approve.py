"""`jobgate approve`: one person's signature over changes of a plan, or over what else is theirs."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner import keys, statements
from runner.cli import compose, options, ordering, seenplan
from runner.errors import UsageError
from runner.pipeline import approving, followups, planning, retrying, revoking
from runner.report import plain, signed, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Policy
    from runner.pipeline.world import World
    from runner.statements import Statement

_MODES = "--revoke, --break-glass, --follow-up and --retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be signed, and by which key file. `submission` and `words` may be empty."""

    names: tuple[str, ...]
    head: str
    plan: str | None
    days: int | None
    again: bool
    mode: str
    submission: str
    words: str
    key: str


@click.command(short_help="Sign your consent to changes of the plan, or revoke it.")
@click.argument("names", metavar="[JOB]...", nargs=-1)
@click.option("--head", default="HEAD", show_default=True, help="The commit that was reviewed.")
@click.option("--plan", help="Only if this is still the plan: a file of `plan --out`, or a digest.")
@click.option(
    "--expires",
    "days",
    type=click.IntRange(min=1),
    metavar="DAYS",
    help="How long it counts.  [default: as long as the policy gives]",
)
@click.option(
    "--revoke", "modes", flag_value="revoke", multiple=True, help="Take back what you consented to."
)
@click.option(
    "--break-glass",
    "modes",
    flag_value="break-glass",
    multiple=True,
    help="Do without approvals and windows.",
)
@click.option(
    "--retry",
    "modes",
    flag_value="retry",
    multiple=True,
    help="Of one retry of all hosts, where the job stands now.",
)
@click.option(
    "--follow-up", "submission", metavar="KEY", help="You have looked at what broken glass did."
)
@click.option(
    "--reason", "--note", "words", default="", help="Why you break the glass, or what you found."
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False),
    help="Your SSH key or certificate.  [default: $JOBGATE_KEY, else ~/.ssh/id_ed25519]",
)
@click.option("--again", is_flag=True, help="Of what the platform refused, as it is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.formats("text", "json")
@options.repository
def command(
    folder: Path,
    form: str,
    names: tuple[str, ...],
    *,
    head: str,
    plan: str | None,
    days: int | None,
    modes: tuple[str, ...],
    submission: str | None,
    words: str,
    key: str | None,
    again: bool,
    yes: bool,
) -> int:
    r"""Sign your consent to changes (JOB: its id, its name for all its cells, or its digest).

    What is signed is shown first: this ledger, this job, this digest, after this submission.

    \b
    Example:
      jobgate approve restart-nginx --head my-branch --key ~/.ssh/id_ed25519
      jobgate approve --plan plan.json --expires 2
      jobgate approve restart-nginx --revoke
    """
    asked = _Asked(
        names=names,
        head=head,
        plan=plan,
        days=days,
        again=again,
        mode=_mode(modes, submission),
        submission=submission or "",
        words=ordering.said(words),
        key=key or os.environ.get("JOBGATE_KEY") or str(Path.home() / ".ssh" / "id_ed25519"),
    )
    said = _signed(folder, asked, yes=yes)
    click.echo(signed.document(said) if form == "json" else signed.text(said), nl=False)
    return 0


def _mode(modes: tuple[str, ...], submission: str | None) -> str:
    """Return what kind of statement is asked for; raise UsageError for several."""
    named = [*dict.fromkeys(modes), *(["follow-up"] if submission is not None else [])]
    if len(named) > 1:
        raise UsageError(
            f"cannot sign several kinds of statements at once: {_MODES} exclude one another",
            mend="run the command once for each",
        )
    return named[0] if named else "approve"


def _signed(folder: Path, asked: _Asked, *, yes: bool) -> tuple[Statement, ...]:
    """Make what was asked for, show it, ask, and sign it."""
    _check(asked)
    with compose.world(folder) as world:
        ledger = planning.ledger(world)
        policy = planning.in_force(world, ledger.policy)
        by = approving.who(policy, keys.signing_key(asked.key))
        said = _MAKERS[asked.mode](world, asked, policy, by)
        for each in said:
            click.echo(f"to be signed: {plain.line(statements.written(each).decode())}", err=True)
        if not yes:
            _ask(by)
        for each in said:
            approving.sign(world, policy, each, asked.key)
    return said


def _check(asked: _Asked) -> None:
    """Raise UsageError where options are missing, or there are some that mean nothing."""
    planned = asked.mode in {"approve", "break-glass"}
    spoken = asked.mode in {"break-glass", "follow-up"}
    named = asked.mode == "follow-up"
    nothing = not (asked.names or named or (planned and asked.plan))
    wrong = {
        "it does not say which job": nothing,
        "--follow-up names the submission, and no job": named and bool(asked.names),
        f"--{asked.mode} is about no plan": bool(asked.plan or asked.again) and not planned,
        f"--{asked.mode} does not expire": bool(asked.days)
        and asked.mode in {"revoke", "follow-up"},
        "a reason is for --break-glass, a note for --follow-up": bool(asked.words) and not spoken,
        f"--{asked.mode} needs a {'--note' if named else '--reason'}": spoken and not asked.words,
    }
    for why, is_so in wrong.items():
        if is_so:
            raise UsageError(f"cannot approve: {why}", mend="look at `jobgate approve --help`")


def _consents(world: World, asked: _Asked, policy: Policy, by: str) -> tuple[Statement, ...]:
    planned = planning.planned(world, world.repository.commit(asked.head), again=asked.again)
    if asked.plan is None:
        changes = approving.chosen(planned, asked.names)
    else:
        changes = approving.planned_as(planned, seenplan.digest(asked.plan), asked.names)
    lasts = approving.term(world, policy, asked.days)
    if asked.mode == "approve":
        said: list[Statement] = [
            approving.approval(world, planned, each, by, lasts) for each in changes
        ]
    else:
        said = [approving.glass(planned, each, by, lasts, asked.words) for each in changes]
    click.echo(text.changes(planned, changes), nl=False, err=True)
    return tuple(said)


def _revocations(world: World, asked: _Asked, policy: Policy, by: str) -> tuple[Statement, ...]:
    return revoking.revocations(world, planning.ledger(world), policy, asked.names, by)


def _follow_up(world: World, asked: _Asked, policy: Policy, by: str) -> tuple[Statement, ...]:
    del policy
    return (followups.follow_up(world, asked.submission, by, asked.words),)


def _retries(world: World, asked: _Asked, policy: Policy, by: str) -> tuple[Statement, ...]:
    lasts = approving.term(world, policy, asked.days)
    return tuple(retrying.consent_to(world, name, by, lasts) for name in asked.names)


_MAKERS: Mapping[str, Callable[[World, _Asked, Policy, str], tuple[Statement, ...]]] = {
    "approve": _consents,
    "break-glass": _consents,
    "follow-up": _follow_up,
    "retry": _retries,
    "revoke": _revocations,
}


def _ask(by: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            "cannot ask: standard input is not a terminal", mend="say --yes to sign unasked"
        )
    click.confirm(f"Sign this as {by}?", abort=True, err=True)
