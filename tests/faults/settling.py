"""What nobody knew is settled at the end of a run: by reconcile, or by a person who counts runs.

What has not run is approved anew, as the submission that is over has spent its approval.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner import canon, history, narrow, wire
from runner.model import Kind
from tests import serving
from tests.faults import ground, invariants

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from runner.model import Had
    from tests.faults.ground import Crew, Ground, Place

ROUNDS = 3  # reconciliations after which all is settled
CODES = {0, 1, 8}  # of a reconciliation that no fault disturbs
TRUTHS = {"succeeded": "succeeded", "failed": "failed", "not-run": "withdrawn"}


@dataclass(slots=True)
class Desk:
    """Settles what a run leaves open; `met` are its unknown submissions, by how each was settled.

    `faults` are what did not go as it must.
    """

    ground: Ground
    crew: Crew
    place: Place
    met: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def settled(self) -> bool:
        """Settle all that is unknown now, and tell whether there was anything."""
        unknown = list(self._unknown())
        for had in unknown:
            self.met.setdefault(had.key or "", "left open")
        for attempt in range(ROUNDS):
            left = list(self._unknown())
            if not left:
                break
            self._reconcile(attempt)
            for had in self._unknown():
                self._decide(had)
        self.faults += [f"{had.job} stays unknown" for had in self._unknown()]
        return bool(unknown)

    def shown(self) -> set[int]:
        """Return the platform's jobs that a last reconciliation remarks on."""
        self._reconcile(0)
        tree = wire.loads(self.place.reconciled.read_text("utf-8"))
        remarks = narrow.items(tree, "remarks")
        return {narrow.integer(each, "platform_job", default=0) for each in remarks}

    def _unknown(self) -> Iterator[Had]:
        ledger = history.replay(invariants.journal(self.place).all)
        return (had for had in ledger.jobs.values() if history.unsettled(had))

    def _reconcile(self, attempt: int, **claim: str) -> None:
        """Reconcile, and note who settled what."""
        before = {had.key or "" for had in self._unknown()}
        clone = ground.CLONES[attempt % 2]
        code = self.crew.waited(self.crew.reconcile(self.place, clone, **claim))
        if code not in CODES:
            self.faults.append(f"a reconciliation ends with {code}")
        after = {had.key or "" for had in self._unknown()}
        who = "a person" if claim else "its platform"
        self.met |= dict.fromkeys(before - after, f"settled by {who}")

    def _decide(self, had: Had) -> None:
        """Let a person say what became of a submission who has looked at what was counted."""
        lines = invariants.account(self.place)
        outcome = truth(had.key or "", invariants.bearing(lines), self.ground.ran())
        if outcome == "not-run" and had.state is Kind.ENDED:
            outcome = "failed"
        self._reconcile(0, job=had.job, outcome=outcome)
        last = [entry for entry in invariants.journal(self.place).all if entry.job == had.job][-1]
        said = narrow.text(dict(last.data), "result", "outcome")
        if (last.key, said) != (had.key, TRUTHS[outcome]):
            self.faults.append(f"{had.job} is {outcome}, as a person said; noted is {said}")
        if outcome == "not-run" and last.key is not None:
            self.ground.approve(self.place, last.ledger, had.job, last.key)


def truth(key: str, bearing: dict[int, str], ran: Counter[int]) -> str:
    """Return what a person has to say of a submission: whether its script has counted itself."""
    return "succeeded" if any(ran[job] for job, its in bearing.items() if its == key) else "not-run"


def planted(made: Ground, place: Place, name: str) -> int:
    """Let somebody start a job that bears the key which a job of a run will have; return its id."""
    ledger = invariants.journal(place).all[0].ledger
    job = next(each for each in made.wants[0] if each.id.endswith(f"/{name}"))
    key = canon.key(ledger=ledger, job=job.id, effect=job.effect, previous=None)
    created = made.web.create(serving.body("true", task_name=f"{name} jobgate:{key}"))
    return narrow.integer(created, "job_instance_id", default=0)
