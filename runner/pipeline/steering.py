"""Steering: one order to a job that was started, sent once, with who and why in the journal.

1. What was submitted is made again, and its approval judged again under the policy in force.
2. `steering` is appended, if everything still stands where it was seen. 3. The order is sent. 4.
`steered` says what became of it. Where the answer is lost, or we die before 4, batch and tries tell
(`acts.became`); as long as they cannot, nothing but a stop is ordered unless a person insists.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner import acts, handles, history
from runner.errors import CheckError, PlatformError, UnknownOutcomeError
from runner.evidence import Grounds
from runner.model import Act, Draft, Had, Kind, Ledger, Policy, Steering, Step
from runner.outcomes import Event
from runner.pipeline import drafting, following, keeping, planning, reopening, retrying, standing
from runner.pipeline.wave import present
from runner.verdicts import Approved, Denied

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.pipeline.ports import Platform
    from runner.pipeline.world import World
    from runner.progress import Progress

_LOOKS, _PAUSE = 5, 0.2  # how often a job is looked at after a lost answer, and seconds in between
# What may be ordered, as a person reads it.
_FOR = {
    Act.RESUME: "is for a job that waits for a person between two batches",
    Act.RETRY: "is for a job that failed, was stopped or ended abnormally",
    Act.RETRY_ALL: "is for a job that failed, was stopped or ended abnormally",
    Act.SKIP: "is for a job that failed, is being stopped, or was stopped",
    Act.STOP: "is for a job that runs, or waits for a person",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person wants of a job, and why. `again`: also if one like it may be on its way."""

    act: Act
    by: str
    reason: str
    again: bool = False


def steer(world: World, name: str, order: Order) -> tuple[Had, str]:
    """Give `order` to the job `name`; return the job, and in words where it stands then.

    Raises CheckError where it may not be given, PlatformError where nothing was done, and
    UnknownOutcomeError where nobody knows whether it was.
    """
    ledger = planning.ledger(world)
    had = standing.submitted(standing.job_named(ledger, name))
    policy = planning.in_force(world, ledger.policy)
    desk = _Desk(
        world=world,
        ledger=ledger,
        policy=policy,
        platform=standing.platform_of(world, policy, had),
    )
    if not history.steerable(had):
        raise CheckError(
            f"cannot {acts.command(order.act)} {had.job}: {_state(had)}",
            mend="look at `jobgate status`; `jobgate apply` carries on what is under way",
        )
    seen = desk.look(had)
    had, done = desk.settle(had, order, seen)
    if done:
        return had, f"it was done before: {following.told_as(seen)}"
    desk.check(had, order, seen)
    return desk.give(had, order, seen)


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Where one order is given: the newest ledger that was seen, and the job's platform."""

    world: World
    ledger: Ledger
    policy: Policy
    platform: Platform

    def look(self, had: Had) -> Progress:
        """Return how the job stands on its platform."""
        return self.platform.status(handles.handle(had))

    def settle(self, had: Had, order: Order, seen: Progress) -> tuple[Had, bool]:
        """Note what became of an earlier order, if that is open; tell whether it was this very one.

        Raise UnknownOutcomeError where that cannot be told, and nobody insists.
        """
        if had.steering is None:
            return had, False
        became = acts.became(had.steering, seen)
        if became is None:
            if order.again or order.act is Act.STOP:
                return had, False
            raise UnknownOutcomeError(
                f"cannot {acts.command(order.act)} {had.job}: {following.lost(had.steering)}",
                mend=f"see that nobody runs `jobgate {acts.command(had.steering.act)}` any more, "
                f"then `jobgate {acts.command(order.act)} {had.job} --again`",
            )
        same = became == "done" and had.steering.act is order.act
        return self.answer(had, became, following.told_as(seen)), same

    def check(self, had: Had, order: Order, seen: Progress) -> None:
        """Raise CheckError unless the order is one for a job that stands like that."""
        if had.removed and order.act is not Act.STOP:
            raise CheckError(
                f"cannot {acts.command(order.act)} {had.job}: its spec is gone",
                mend="put the spec back, or leave the job as it is",
            )
        if not acts.offered(order.act, seen.status):
            state = seen.status.name.lower().replace("_", " ")
            raise CheckError(
                f"cannot {acts.command(order.act)} {had.job}: it is {state}, "
                f"and this {_FOR[order.act]}",
                mend=f"look at `jobgate status {had.job}`",
            )

    def give(self, had: Had, order: Order, seen: Progress) -> tuple[Had, str]:
        """Announce the order, send it, and note what became of it."""
        grounds = Grounds() if order.act is Act.STOP else self._permitted(had, order, seen)
        had = self._announce(had, _steering(order, seen), grounds)
        told = f"{acts.command(order.act)} is ordered: {order.reason}"
        self.world.tell(Event(job=had.job, text=told))
        try:
            self.platform.operate(handles.handle(had), order.act, seen)
        except PlatformError as error:
            self.answer(had, "refused", error.message)
            raise
        except UnknownOutcomeError as error:
            return self._found_out(had, error)
        return self._done(had, "done")

    def answer(self, had: Had, became: Literal["done", "overtaken", "refused"], detail: str) -> Had:
        """Note what became of the job's order, and how the job ended where it is at rest."""
        drafts = [drafting.steered(had, became, detail)]
        with suppress(PlatformError, UnknownOutcomeError):
            end = following.result(self.look(had))
            drafts += [] if end is None else [drafting.ended(had, Kind.ENDED, end)]
        self._append(had, drafts, lambda _: True)
        return self.ledger.jobs[had.job]

    def _permitted(self, had: Had, order: Order, seen: Progress) -> Grounds:
        """Return the grounds on which the job is permitted still; raise CheckError without any."""
        change = reopening.change(self.world, self.policy, had, acts.command(order.act))
        if order.act is Act.RETRY_ALL:
            stands = (had, seen.batch, seen.tries)
            return retrying.permitted(self.world, change, self.ledger, self.policy, stands)
        said = keeping.kept(
            self.world,
            planning.verdicts(self.world, [change], self.ledger, self.policy, had.head),
        )
        verdict, grounds = said[change.job]
        if isinstance(verdict, Approved):
            return grounds
        if isinstance(verdict, Denied):
            raise CheckError(
                f"cannot {acts.command(order.act)} {had.job}: {verdict.reason}",
                mend=f"{verdict.mend}; `jobgate stop` is always possible",
            )
        raise CheckError(
            f"cannot {acts.command(order.act)} {had.job}: its approval no longer stands",
            mend="`jobgate stop` needs none; what else is to run has to be approved anew, as "
            "another submission",
        )

    def _announce(self, had: Had, given: Steering, grounds: Grounds) -> Had:
        """Append the order, if job and policy still stand where they were seen."""
        judged = self.ledger.policy
        draft = drafting.steering(had, given, grounds)
        if not self._append(had, [draft], lambda ledger: ledger.policy == judged):
            raise CheckError(
                f"cannot {acts.command(given.act)} {had.job}: it was carried on by somebody else "
                "meanwhile",
                mend=f"look at `jobgate status {had.job}`, and order what is still wanted",
            )
        return self.ledger.jobs[had.job]

    def _append(self, had: Had, drafts: list[Draft], holds: Callable[[Ledger], bool]) -> bool:
        """Append where the job still stands like `had`; tell whether these were appended."""
        ours: list[bool] = []

        def decide(ledger: Ledger | None) -> Step | None:
            found = present(ledger)
            ours.append(found.jobs.get(had.job) == had and holds(found))
            return drafting.step(self.world, found, drafts if ours[-1] else (), had.head)

        self.ledger = present(self.world.journal.append(decide))
        return ours[-1]

    def _found_out(self, had: Had, error: UnknownOutcomeError) -> tuple[Had, str]:
        """Settle an order whose answer was lost by how the job stands, as soon as that shows it."""
        for _ in range(_LOOKS):
            with suppress(PlatformError, UnknownOutcomeError):
                became = had.steering and acts.became(had.steering, self.look(had))
                if became:
                    return self._done(had, became)
            self.world.clock.wait(_PAUSE)
        raise UnknownOutcomeError(
            f"{error.message}: the job stands where it stood",
            mend=f"look at `jobgate status {had.job}`; `--again` orders it once more",
        ) from error

    def _done(self, had: Had, became: Literal["done", "overtaken"]) -> tuple[Had, str]:
        stands = ""
        with suppress(PlatformError, UnknownOutcomeError):
            stands = following.told_as(self.look(had))
        return self.answer(had, became, stands), stands


def _steering(order: Order, seen: Progress) -> Steering:
    return Steering(
        act=order.act,
        by=order.by,
        reason=order.reason,
        status=int(seen.status),
        batch=seen.batch,
        tries=seen.tries,
    )


def _state(had: Had) -> str:
    if had.state is Kind.ENDED and had.result is not None:
        return f"it {had.result.outcome}, and nothing is left of it to be steered"
    return f"it is {had.state.value}, and was not started yet"
