"""Judging many changed jobs under many clauses, the evidence given.

`python -m tests.bench.judge [--jobs 10000] [--clauses 200]`. Each job lies in a folder of its team,
and of the clauses, which select by paths, platform, scope, labels and expressions, at most ten
match it; for each there are signatures and reviews, some of which count. Prints how long ten jobs
take from cold (under 100 ms) and how long all of them (under 20 s), in time of the processor, for
others may be at work on the machine; exits with 1 when one of them is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from runner import judge
from runner.terms import Clause, Owned, Weekly, Windows
from runner.verdicts import Approved, Waiting
from tests import consents as made
from tests import values
from tests.values import Wish

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.evidence import Evidence
    from runner.explanations import Explanation
    from runner.model import Change, Json, Policy

_TEAMS, _FEW, _MOST = 25, 10, 10
_FEW_SECONDS, _SECONDS = 0.1, 20.0
_HOURS = Windows(zone="Europe/Berlin", open=(Weekly(days=tuple(range(7)), begins=0, ends=1440),))


def main() -> None:
    """Measure, and print a line for the few and one for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--clauses", type=int, default=200)
    asked = parser.parse_args()
    policy = _policy(asked.clauses)
    changes = [_change(number) for number in range(asked.jobs)]
    given = [_evidence(number, change) for number, change in enumerate(changes)]
    few, _ = _judged(policy, zip(changes[:_FEW], given[:_FEW], strict=True))
    seconds, found = _judged(policy, zip(changes, given, strict=True))
    matched = max(len(each.said) for each in found)
    states = {type(each.verdict) for each in found}
    if matched > _MOST or not states >= {Approved, Waiting}:
        raise RuntimeError(f"{matched} clauses match a job, and verdicts are {states}")
    kept = few < _FEW_SECONDS and seconds < _SECONDS
    sys.stdout.write(
        f"{_FEW} jobs under {asked.clauses} clauses are judged in {1000 * few:.0f} ms (under "
        f"{1000 * _FEW_SECONDS:.0f}), {asked.jobs} in {seconds:.1f} s (under {_SECONDS:.0f}), "
        f"at most {matched} clauses match{'' if kept else '  MISSED'}\n"
    )
    sys.exit(0 if kept else 1)


def _judged(
    policy: Policy, asked: Iterable[tuple[Change, Evidence]]
) -> tuple[float, list[Explanation]]:
    """Judge every change; return the seconds of the processor, and how each was judged."""
    begun = time.process_time()
    found = [
        judge.explanation(
            change, ledger=values.LEDGER, policy=policy, evidence=evidence, at=made.NOW
        )
        for change, evidence in asked
    ]
    return time.process_time() - begun, found


def _policy(clauses: int) -> Policy:
    owned = tuple(
        Owned(pattern=f"/specs/team-{team}/", owners=("@ann", "@acme/sre"))
        for team in range(_TEAMS)
    )
    return replace(made.POLICY, clauses=tuple(map(_clause, range(clauses))), owned=owned)


def _clause(number: int) -> Clause:
    """Return one of several clauses of a team, each with other selectors beside the paths."""
    team, kind = number % _TEAMS, number // _TEAMS
    clause = Clause(
        name=f"clause-{number}",
        paths=(f"specs/team-{team}/**", f"specs/**/of-team-{team}-*.yaml"),
        count=1 + number % 2,
        people=("sre", "cam", "dee") if number % 3 else (),
        owners=number % 5 == 0,
    )
    return (
        clause,
        replace(clause, platforms=("local", "lab")),
        replace(clause, scopes=("biz/2",)),
        replace(clause, labels=(("tier", "*"),)),
        replace(clause, fields=("ticket",)),
        replace(clause, expression='job.labels["tier"] != "t2" && job.run > 0'),
        replace(clause, windows=_HOURS),
        replace(clause, max_hosts=9),
    )[kind % 8]


def _change(number: int) -> Change:
    path = f"specs/team-{number % _TEAMS}/app-{number % 7}/job-{number}.yaml"
    body: dict[str, Json] = {"bk_scope_type": "biz", "bk_scope_id": "2", "timeout": 60}
    wish = Wish(name=f"job-{number}", path=path, body=body, change={"ticket": "CHG1"})
    job = replace(values.job(wish), labels=(("tier", f"t{number % 3}"),))
    return replace(made.CHANGE, job=job.id, digest=job.digest, effect=job.effect, wanted=job)


def _evidence(number: int, change: Change) -> Evidence:
    signers = ("ann", "ben", "eve")[: number % 4]
    return replace(
        made.NOTHING,
        approvals=tuple(made.approval(by, change) for by in signers),
        reviews=(made.review("cam", 1, change), made.review("dee", 2, change)),
        touched_by=frozenset({"dee@example.org", "eve@example.org"}),
    )


if __name__ == "__main__":
    main()
