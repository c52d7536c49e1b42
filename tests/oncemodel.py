"""All that can happen to one job between some runners, a journal and a platform, looked at once.

The search is breadth first over states, so that what it finds is as short as can be. Runners are
the real `apply` of `once`; what is made up here is the world around them: a branch that moves, a
journal, a platform that creates without starting and refuses a second start, calls and answers
that are lost, late or doubled, and runners that stop for any time, or for ever.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from runner.model import Kind
from runner.progress import Status
from tests.once import Fence, Lack, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Had, Step
    from tests.once import Answer, Ask

_OVER = {Kind.ENDED, Kind.REFUSED, Kind.UNKNOWN}


class Made(NamedTuple):
    """A job of the platform's; its number is its place."""

    key: str
    status: Status


class Call(NamedTuple):
    """A create (`job` 0) or a start that is still on its way, though nobody waits for it."""

    key: str
    job: int


class State(NamedTuple):
    """Where everything stands.

    `runners` are those that live, by their place on the stage. `rescue` is the ledger at which one
    began for whom nothing goes wrong, -1 where nobody has, and -2 once the world has moved under
    it. `created` are the ids by key.
    """

    tip: int
    ledger: int
    made: tuple[Made, ...]
    flying: tuple[Call, ...]
    runners: tuple[int, ...]
    faults: int
    deaths: int
    rescue: int
    created: tuple[Call, ...]


class Move(NamedTuple):
    """What happens, in words, and the state after it."""

    what: str
    after: State


class FoundError(Exception):
    """Something happens that must not; with the way to it."""

    def __init__(self, fault: str) -> None:
        """Say what happens."""
        super().__init__(fault)
        self.fault = fault
        self.way: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Model:
    """A stage with so many runners, calls that go wrong, and deaths.

    Where one `leads` it has announced the job before anybody else begins.
    `blind` to what the journal says, it finds only what starts twice. `most_made` is how many jobs
    the platform has had at most, and `ends` are the outcomes that were noted.
    """

    stage: Stage
    runners: int
    faults: int
    deaths: int
    blind: bool = False
    leads: bool = False
    most_made: int = 0
    ends: set[str] = field(default_factory=set)
    _before: dict[State, tuple[State | None, str]] = field(default_factory=dict)

    def explored(self) -> int:
        """Return how many states there are. Raise FoundError at the first that must not be."""
        first = State(
            tip=0,
            ledger=0,
            made=(),
            flying=(),
            runners=(0,) * self.runners,
            faults=self.faults,
            deaths=self.deaths,
            rescue=-1,
            created=(),
        )
        if self.leads:
            first = self._led(first)
        self._before[first] = (None, "")
        waiting = deque([first])
        while waiting:
            state = waiting.popleft()
            try:
                for what, after in self._moves(state):
                    if after not in self._before:
                        self._before[after] = (state, what)
                        waiting.append(after)
            except FoundError as found:
                found.way = (*self._way(state), found.fault)
                raise
        return len(self._before)

    def _led(self, state: State) -> State:
        """Return what comes after one runner alone has come to its first create."""
        place = 0
        while (ask := self.stage.stands[state.runners[place]]) and ask.what != "create":
            (state,) = (each.after for each in self._runner(state._replace(faults=0), place))
            place = state.runners.index(max(state.runners))
        return state._replace(faults=self.faults)

    def _way(self, state: State) -> tuple[str, ...]:
        words: list[str] = []
        at: State | None = state
        while at is not None:
            at, what = self._before[at]
            words.append(what)
        return tuple(words[-2::-1])

    # ------------------------------------------------------------ moves

    def _moves(self, state: State) -> Iterator[Move]:
        yield from self._world(state)
        seen = set()
        for place, stands in enumerate(state.runners):
            if stands in seen:
                continue
            seen.add(stands)
            yield from self._runner(state, place)
            if state.deaths and stands:
                yield Move(
                    "a runner dies", _without(state, place)._replace(deaths=state.deaths - 1)
                )
        if not state.runners:
            yield from self._rescued(state)

    def _world(self, state: State) -> Iterator[Move]:
        """Yield what happens by itself."""
        disturbed = state.rescue if state.rescue < 0 else -2
        for place, made in enumerate(state.made):
            if made.status is Status.RUNNING:
                ended = made._replace(status=Status.SUCCEEDED)
                yield Move(f"job {place + 1} ends", _with(state, place, ended))
        for place, call in enumerate(state.flying):
            flying = state.flying[:place] + state.flying[place + 1 :]
            left = state._replace(flying=flying, rescue=disturbed)
            after = self._created(left, call.key) if not call.job else self._started(left, call)
            yield Move(f"late, {_told(call)} arrives", after)
        if self.stage.moves and not state.tip:
            yield Move("the branch moves", state._replace(tip=1, rescue=disturbed))

    def _rescued(self, state: State) -> Iterator[Move]:
        """When nobody is left and the job is not over, somebody applies again; that must do."""
        had = self._had(state)
        over = had is not None and had.state in _OVER and had.effect == self._effect(state)
        if over and not state.flying:
            return
        if state.rescue == state.ledger and not over:
            raise FoundError("an apply that nothing disturbs leaves the job where it is")
        if not over:
            yield Move(
                "apply again",
                state._replace(runners=(0,), faults=0, deaths=0, rescue=state.ledger),
            )

    def _effect(self, state: State) -> str:
        return self.stage.jobs[state.tip].effect

    # ------------------------------------------------------------ one runner

    def _runner(self, state: State, place: int) -> Iterator[Move]:
        ask = self.stage.stands[state.runners[place]]
        assert ask is not None
        if ask.what in {"create", "start"}:
            yield from self._change(state, place, ask)
        elif ask.what in {"head", "tip"}:
            yield self._answered(state, place, state.tip, ask.what)
        elif ask.what in {"append", "read"}:
            yield self._answered(state, place, state.ledger, ask.what)
        elif ask.what == "listed":
            yield from self._listed(state, place)
        elif ask.what == "status":
            status = state.made[ask.job - 1].status
            yield self._answered(state, place, status, f"job {ask.job} is {status.name}")
            if state.faults:
                down = state._replace(faults=state.faults - 1)
                yield self._answered(down, place, Lack.DOWN, "a status call is lost")
        elif all(made.status is not Status.RUNNING for made in state.made):
            yield self._answered(state, place, 0, "time passes")

    def _listed(self, state: State, place: int) -> Iterator[Move]:
        """Yield what a list may show: all that there is, or nothing of it yet."""
        rows = [(made.key, job, made.status) for job, made in enumerate(state.made, start=1)]
        yield self._answered(state, place, tuple(rows), "a list is read")
        if rows:
            yield self._answered(state, place, (), "a list lags")
        if state.faults:
            down = state._replace(faults=state.faults - 1)
            yield self._answered(down, place, Lack.DOWN, "a list cannot be read")

    def _answered(self, state: State, place: int, answer: Answer, what: str) -> Move:
        stands, step = self.stage.after(state.runners[place], answer)
        if step is not None:
            state = self._appended(state, step)
        runners = state.runners[:place] + state.runners[place + 1 :]
        if self.stage.stands[stands] is not None:
            runners = tuple(sorted((*runners, stands)))
        told = what if step is None else step.entries[0].kind.value
        return Move(told, state._replace(runners=runners))

    def _change(self, state: State, place: int, ask: Ask) -> Iterator[Move]:
        """Yield what may come of a call that changes something."""
        call = Call(ask.key, ask.job)
        done = self._done(state, call)
        answer = len(done.made)
        told = _told(call)
        yield self._answered(done, place, answer, told)
        if not state.faults:
            return
        state = state._replace(faults=state.faults - 1)
        done = self._done(state, call)
        late = state._replace(flying=tuple(sorted((*state.flying, call))))
        twice = done._replace(flying=late.flying)
        yield self._answered(state, place, Lack.DOWN, f"{told} cannot be sent")
        yield self._answered(state, place, Lack.LOST, f"{told} is lost")
        yield self._answered(done, place, Lack.LOST, f"{told}, and its answer is lost")
        yield self._answered(late, place, Lack.LOST, f"{told} will arrive later")
        yield self._answered(twice, place, answer, f"{told}, and once more later")

    def _done(self, state: State, call: Call) -> State:
        return self._started(state, call) if call.job else self._created(state, call.key)

    def _created(self, state: State, key: str) -> State:
        self.most_made = max(self.most_made, len(state.made) + 1)
        return state._replace(made=(*state.made, Made(key, Status.WAITING)))

    def _started(self, state: State, call: Call) -> State:
        """Start a job, or refuse it where it has started before."""
        if call not in state.created and not self.blind:
            raise FoundError(f"job {call.job} is started, and is not the one that was created")
        made = state.made[call.job - 1]
        if made.status is not Status.WAITING:
            return state
        if any(each.key == call.key and each.status is not Status.WAITING for each in state.made):
            raise FoundError(f"a second job of one key is started: {call.job}")
        had = self._had(state)
        if had is None or had.key != call.key or had.state is Kind.ENDED:
            raise FoundError(f"job {call.job} is started after its end was noted")
        return _with(state, call.job - 1, made._replace(status=Status.RUNNING))

    # ------------------------------------------------------------ the journal

    def _had(self, state: State) -> Had | None:
        return self.stage.ledgers[state.ledger].jobs.get(self.stage.jobs[0].id)

    def _appended(self, state: State, step: Step) -> State:
        had = self._had(state)
        created = state.created
        for entry in step.entries:
            if entry.kind is Kind.INTENDED and had is not None and had.state is not Kind.ENDED:
                raise FoundError(f"a key is intended while the one before is {had.state.value}")
            if entry.kind is Kind.CREATED:
                created += (Call(str(entry.key), int(str(entry.data["platform_job"]))),)
            if entry.kind is Kind.ENDED and not self.blind:
                self._truly(state, step.ledger.jobs[self.stage.jobs[0].id])
        if len({call.key for call in created}) < len(created) and not self.blind:
            raise FoundError("a key has two entries `created`")
        return state._replace(ledger=self.stage.kept(step.ledger), created=created)

    def _truly(self, state: State, had: Had) -> None:
        """See that an end that is noted has come about."""
        ends = [each.status for each in state.made if each.key == had.key]
        ran = [each for each in ends if each is not Status.WAITING]
        outcome = None if had.result is None else had.result.outcome
        wanted = [Status.SUCCEEDED] if outcome == "succeeded" else []
        self.ends.add(str(outcome))
        if ran != wanted:
            raise FoundError(f"it is noted as {outcome}, and its jobs are {ends}")


def _without(state: State, place: int) -> State:
    return state._replace(runners=state.runners[:place] + state.runners[place + 1 :])


def _with(state: State, place: int, made: Made) -> State:
    return state._replace(made=(*state.made[:place], made, *state.made[place + 1 :]))


def _told(call: Call) -> str:
    return f"the start of job {call.job}" if call.job else "a create"


def main() -> int:
    """Look at everything that can happen, and say how much that was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runners", type=int, default=3)
    parser.add_argument("--faults", type=int, default=1)
    parser.add_argument("--deaths", type=int, default=1)
    parser.add_argument("--moves", action="store_true", help="let the branch move once")
    parser.add_argument("--leads", action="store_true", help="let one runner begin before all")
    parser.add_argument("--fence", choices=[each.value for each in Fence], default="kept")
    options = parser.parse_args()
    stage = Stage(fence=Fence(options.fence), moves=options.moves)
    model = Model(
        stage=stage,
        runners=options.runners,
        faults=options.faults,
        deaths=options.deaths,
        leads=options.leads,
    )
    try:
        states = model.explored()
    except FoundError as found:
        sys.stdout.write("".join(f"{each}\n" for each in found.way))
        return 1
    sys.stdout.write(f"{states} states, {len(stage.stands)} places where a runner can stand\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
