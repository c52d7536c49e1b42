"""A rehearsal: an apply by the very same code, on a journal in memory and platforms that only look.

Nothing is created, started or written. What would be started is taken to succeed, so that what
needs it is shown too; a submission that runs already is not asked about.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NoReturn

from runner import frozen, history, requests, witness
from runner.errors import PlatformError
from runner.frozen import Frozen, Target
from runner.model import JobId, Key, Kind
from runner.outcomes import Call, Rehearsal
from runner.pipeline import applying, planning, withholding
from runner.pipeline.recollection import Recollection
from runner.progress import Created, Progress, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runner.handles import Handle
    from runner.model import Act, Commit, Entry, Had, Job, Json, Ledger, PlatformEntry
    from runner.outcomes import Event, Item, Signatures
    from runner.pipeline.ports import Decide, Journal, Platform
    from runner.pipeline.world import World
    from runner.stored import Named, Stored
    from runner.witness import Sighting

_INSTANCE = "rehearsal"
_ENDED = Progress(
    status=Status.SUCCEEDED, finished=True, paused=False, batch=1, batches=1, hosts=()
)
_WAITS = replace(_ENDED, status=Status.WAITING, finished=False)
_WOULD: Mapping[str, str] = {
    "accepted": "would be accepted",
    "removed": "would be removed",
    "withdrawn": "would be withdrawn",
}


def rehearsal(world: World, head: Commit, options: applying.Options) -> Rehearsal:
    """Return what `applying.apply` would do now: the calls that it would make, and their ends.

    Raise what it would raise.
    """
    stage = _Stage(world=world, head=head, memory=_Memory(world.journal))
    on_stage = replace(
        world,
        journal=stage.memory,
        platforms=stage.platform,
        secrets=withholding.Unfetched(),
        keep=_unkept,
        recollection=Recollection(),
        tell=_hushed,
    )
    done = applying.apply(on_stage, head, options)
    items = tuple(stage.item(each) for each in done.items)
    return Rehearsal(head=head, plan=done.plan, calls=tuple(stage.calls), items=items)


def _hushed(event: Event) -> None:
    del event


def _unkept(commits: Sequence[Commit], at: str) -> Commit:
    """Keep nothing, and take one of `commits` for what would hold them."""
    del at
    return commits[0]


@dataclass(slots=True)
class _Memory:
    """The journal as it is, and on top of it what is appended to this memory alone."""

    kept: Journal
    first: Ledger | None = None
    now: Ledger | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, JobId] = field(default_factory=dict)

    def ledger(self) -> Ledger | None:
        """Return the ledger: read once, and then as it was extended."""
        if self.now is None:
            self.now = self.first = self.kept.ledger()
            hads = () if self.first is None else self.first.jobs.values()
            self.names = {had.key: had.job for had in hads if had.key is not None}
        return self.now

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries that are really there."""
        return self.kept.entries()

    def signatures(self) -> Signatures:
        """Return those of what is really there."""
        return self.kept.signatures()

    def file(self, path: str) -> bytes:
        """Return a file, be it one that only this memory holds."""
        return self.files[path] if path in self.files else self.kept.file(path)

    def append(self, decide: Decide) -> Ledger | None:
        """Extend the ledger in memory."""
        step = decide(self.ledger())
        if step is not None:
            self.now = step.ledger
            self.files |= step.files
            for entry in step.entries:
                if entry.key is not None and entry.job is not None:
                    self.names[entry.key] = entry.job
        return self.now


@dataclass(slots=True, kw_only=True)
class _Stage:
    """What was called so far, and what is known of the submissions by their keys."""

    world: World
    head: Commit
    memory: _Memory
    wanted: dict[JobId, Job] = field(default_factory=dict)  # once that is asked for
    calls: list[Call] = field(default_factory=list)
    created: set[str] = field(default_factory=set)
    started: set[str] = field(default_factory=set)
    followed: set[str] = field(default_factory=set)

    def platform(self, entry: PlatformEntry) -> Platform:
        """Return a platform that only looks."""
        return _Looking(stage=self, entry=entry)

    def had(self, key: str) -> Had:
        """Return what the ledger, as it is in memory, holds of the submission `key`."""
        ledger = self.memory.ledger()
        hads = {} if ledger is None else ledger.jobs
        return hads[self.memory.names[key]]

    def ran(self, key: str) -> bool:
        """Tell whether the ledger already said that a submission was started."""
        first = self.memory.first
        had = None if first is None else first.jobs.get(self.memory.names[key])
        return had is not None and (had.key, had.state) == (key, Kind.STARTED)

    def hosts(self, had: Had) -> tuple[str, ...]:
        """Return the hosts that a submission is taken to come to: those that its spec expects."""
        named = requests.targets(had.body)
        if not named.open:
            return named.hosts
        if not self.wanted:
            want = planning.demanded(self.world.repository.tree(self.head))
            self.wanted |= {job.id: job for job in want.jobs}
        return frozen.hosts(self.wanted[had.job])

    def note(
        self, deed: Literal["create", "start"], had: Had, request: dict[str, Json] | None = None
    ) -> None:
        """Note a call that would be made about a submission."""
        self.calls.append(
            Call(
                deed=deed,
                platform=had.job.split("/", 1)[0],
                job=had.job,
                key=had.key or Key(""),
                request=request,
                platform_job=None if had.key in self.created else had.platform_job,
            )
        )

    def item(self, item: Item) -> Item:
        """Return what an item of the rehearsed apply comes to in the real one."""
        if item.key in self.started:
            return replace(item, state="would run", detail="", code=0)
        if item.key in self.followed:
            return replace(item, state="would be followed", detail="it runs already", code=0)
        return replace(item, state=_WOULD.get(item.state, item.state))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    """A platform of which nothing is asked but how a job stands that it really has."""

    stage: _Stage
    entry: PlatformEntry

    @property
    def instance(self) -> str:
        """Return the real one where a submission is under way there, which is told by it."""
        first = self.stage.memory.first
        under_way = any(
            had.instance is not None
            and had.state in history.OPEN
            and had.job.startswith(f"{self.entry.name}/")
            for had in (() if first is None else first.jobs.values())
        )
        return self._real.instance if under_way else _INSTANCE

    @property
    def lanes(self) -> int:
        """Return one: calls are noted in their order."""
        return 1

    def create(self, body: dict[str, Json]) -> Created:
        """Note the call, and answer with ids that nobody is asked for."""
        key = witness.key_in(str(body["task_name"]))
        self.stage.note("create", self.stage.had(key), body)
        self.stage.created.add(key)
        return Created(job=1, step=1)

    def start(self, handle: Handle) -> None:
        """Note the call."""
        self.stage.note("start", self.stage.had(handle.key))
        self.stage.started.add(handle.key)

    def status(self, handle: Handle) -> Progress:
        """Return how a job would stand; one that runs already is taken to succeed."""
        stage = self.stage
        if handle.key in stage.started:
            return _ENDED
        if handle.key in stage.created:
            return _WAITS
        if not stage.ran(handle.key):
            stands = self._real.status(handle)
            rests = stands.status is Status.WAITING or stands.finished or stands.paused
            if rests or stage.had(handle.key).state is Kind.STEERING:
                return stands
        stage.followed.add(handle.key)
        return _ENDED

    def find(self, name: str, scope: tuple[str, str]) -> tuple[int, ...]:
        """Return what the platform finds."""
        return self._real.find(name, scope)

    def listed(self, scope: tuple[str, str], since: int, bearing: str = "") -> tuple[Sighting, ...]:
        """Return nothing: a rehearsal asks no list, and so needs no credentials."""
        del scope, since, bearing
        return ()

    def frozen(self, handle: Handle) -> Frozen:
        """Return what a job was created with; one that is made up, with the expected hosts."""
        if handle.key not in self.stage.created:
            return self._real.frozen(handle)
        hosts = self.stage.hosts(self.stage.had(handle.key))
        return Frozen(targets=tuple(Target(label=each) for each in hosts))

    def script_version(self, scope: tuple[str, str], named: Named) -> Stored:
        """Return what the platform keeps: only that says whether a pin still holds."""
        return self._real.script_version(scope, named)

    def operate(self, handle: Handle, act: Act, seen: Progress) -> NoReturn:
        """Refuse: a rehearsal orders nothing."""
        del seen
        raise PlatformError(
            f"cannot {act.value} job {handle.job}: this is a rehearsal", mend="apply for real"
        )

    def logs(self, handle: Handle, host: str | None) -> Iterator[tuple[str, str]]:
        """Return the logs of a job that is really there."""
        return self._real.logs(handle, host)

    @property
    def _real(self) -> Platform:
        return self.stage.world.platforms(self.entry)
