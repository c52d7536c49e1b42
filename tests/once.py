"""A real `apply` that stops at every call to journal and platform, for a model to go on with.

What a runner does is the pipeline's own code, whole: from the ledger to the last entry. It is run
with the answers that it had so far, and stops where it asks for one more. Since it is the same
each time, the answers so far are all that there is to know of where it stands.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from runner import canon, history, statements, wire, witness
from runner.errors import PlatformError, RunnerError, UnknownOutcomeError
from runner.evidence import Approval
from runner.frozen import Frozen
from runner.model import (
    Blob,
    Commit,
    Job,
    Key,
    Kind,
    Ledger,
    LedgerId,
    Oid,
    Sha256,
    Signed,
    Step,
    Unreadable,
)
from runner.pipeline import applying, drafting, planning, withholding
from runner.pipeline.world import World
from runner.progress import Created, Progress, Status
from runner.witness import Sighting
from tests import oncewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.handles import Handle
    from runner.model import Act, Json
    from runner.pipeline.ports import Decide, Tree
    from runner.stored import Named
    from runner.terms import Signer as SshSigner
    from tests.oncewhere import Known

LEDGER = LedgerId("0f" * 16)
HEADS = (Commit("1" * 40), Commit("2" * 40))
STAMP = history.Stamp(runner="genesis", at="2026-01-02T03:04:05Z", head=HEADS[0])
GIVEN = "2026-01-01T03:04:05Z"  # before the runs, and not too long ago
NAMES = ("jobgate.yaml", "specs/count.yaml")
SSH_KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(32)).decode()
POLICY = f"""\
apiVersion: jobgate/v1
kind: Policy
platforms:
  far: {{type: bkjob, url: "http://127.0.0.1", application: ci}}
people:
  author: {{emails: [author@example.org]}}
  reviewer: {{emails: [reviewer@example.org], keys: ["{SSH_KEY}"]}}
"""
SPEC = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata: {{name: count, description: Count its own runs, run: {run}}}
script: {{language: shell, content: "true\\n"}}
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: operator
  timeout: 60
  execute_target: {{host_list: [{{bk_cloud_id: 0, ip: 127.0.0.1}}]}}
"""


class Lack(Enum):
    """Why a call to the platform has no answer: nobody knows what it did, or it did nothing."""

    LOST = "lost"
    DOWN = "down"


# A job as a list has it: its key, its number, its state.
Row: TypeAlias = tuple[str, int, Status]
# A commit's place in HEADS, a ledger's place in the list of them, a job's number, or its state.
Answer: TypeAlias = int | Status | Lack | tuple[Row, ...]
Answers: TypeAlias = tuple[Answer, ...]


class Fence(Enum):
    """How a journal appends.

    KEPT decides again on the newest tip, and tells what is there. GONE adds a `created` that was
    decided on the tip that was seen before. UNREAD decides again, and tells what was meant.
    """

    KEPT = "kept"
    GONE = "gone"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a runner waits for: "head", "tip", "read", "append", "create", "start" and so on."""

    what: str
    key: str = ""
    job: int = 0


class PendingError(BaseException):
    """An answer is asked for that was not given yet. No handler of the pipeline's catches it."""

    def __init__(self, ask: Ask) -> None:
        """Wait for `ask`."""
        super().__init__(ask)
        self.ask = ask


@dataclass(slots=True)
class _Talk:
    """The answers of one runner, given in turn."""

    answers: tuple[Answer, ...]
    given: int = 0
    step: Step | None = None

    def ask(self, what: str, key: str = "", job: int = 0) -> Answer:
        if self.given == len(self.answers):
            raise PendingError(Ask(what, key, job))
        self.step = None
        self.given += 1
        return self.answers[self.given - 1]

    def number(self, what: str, key: str = "", job: int = 0) -> int:
        answer = self.ask(what, key, job)
        assert isinstance(answer, int)
        return answer

    def called(self, what: str, key: str = "", job: int = 0) -> int | Status:
        answer = self._given(what, key, job)
        assert isinstance(answer, int)
        return answer

    def shown(self) -> tuple[Row, ...]:
        answer = self._given("listed")
        assert isinstance(answer, tuple)
        return answer

    def _given(self, what: str, key: str = "", job: int = 0) -> Answer:
        answer = self.ask(what, key, job)
        if answer is Lack.LOST:
            raise UnknownOutcomeError("cannot call: no answer", mend="look at it")
        if isinstance(answer, Lack):
            raise PlatformError("cannot call: it is down", mend="try again")
        return answer


@dataclass(frozen=True, slots=True)
class _Tree:
    """One commit's policy and spec."""

    run: int

    def paths(self, under: str) -> tuple[str, ...]:
        return tuple(name for name in NAMES if not under or name.startswith(f"{under}/"))

    def read(self, path: str) -> Blob | Unreadable:
        if path not in NAMES:
            return Unreadable(path=path, rule="missing-file", message="missing", mend="add it")
        content = (POLICY if path == NAMES[0] else SPEC.format(run=self.run)).encode()
        return Blob(
            path=path,
            oid=Oid(canon.sha256(content)[:40]),
            sha256=canon.sha256(content),
            content=content,
        )


@dataclass(frozen=True, slots=True)
class _Repository:
    """A branch with one commit, or with two of which the second may come at any time."""

    talk: _Talk
    moves: bool

    def commit(self, revision: str) -> NoReturn:
        raise NotImplementedError(revision)

    def tree(self, commit: Commit) -> Tree:
        return _Tree(run=HEADS.index(commit) + 1)

    def tip(self, branch: str) -> Commit:
        assert branch == "main"
        return HEADS[self.talk.number("tip") if self.moves else 0]

    def descends(self, commit: Commit, ancestor: Commit) -> bool:
        return HEADS.index(commit) >= HEADS.index(ancestor)

    def touched_by(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> frozenset[str]:
        del since, head, paths
        return frozenset({"author@example.org"})


@dataclass(slots=True)
class _Journal:
    """Ledgers by their place in a list; an append is one moment, its reading back another."""

    talk: _Talk
    stage: Stage
    seen: Ledger | None = None  # known only where the fence is not kept

    def ledger(self) -> Ledger | None:
        return self._saw(self._asked("read"))

    def entries(self) -> NoReturn:
        raise NotImplementedError

    def signatures(self) -> NoReturn:
        raise NotImplementedError

    def file(self, path: str) -> bytes:
        return self.stage.files[path]

    def append(self, decide: Decide) -> Ledger | None:
        base = self._asked("append")
        step = decide(base)
        meant = None if self.seen is None else decide(self.seen)
        if self.stage.fence is Fence.GONE and meant is not None:
            step = forced(base, meant) if meant.entries[0].kind is Kind.CREATED else step
        self.talk.step = step
        after = base if step is None else self._asked("read")
        if self.stage.fence is Fence.UNREAD and meant is not None:
            after = meant.ledger
        return self._saw(after)

    def _asked(self, what: str) -> Ledger:
        return self.stage.ledgers[self.talk.number(what)]

    def _saw(self, ledger: Ledger) -> Ledger:
        self.seen = None if self.stage.fence is Fence.KEPT else ledger
        return ledger


def forced(base: Ledger, step: Step) -> Step:
    """Return the entries of `step` put upon `base`, on which nobody has decided."""
    jobs = {each.job: step.ledger.jobs[each.job] for each in step.entries if each.job is not None}
    entries = tuple(
        replace(each, seq=base.seq + place, before=base.last)
        for place, each in enumerate(step.entries, start=1)
    )
    after = replace(
        base,
        seq=entries[-1].seq,
        last=wire.entry_hash(entries[-1]),
        jobs={**base.jobs, **jobs},
    )
    return Step(entries=entries, ledger=after, files=step.files)


@dataclass(frozen=True, slots=True)
class _Platform:
    """Creates without starting, and is asked about one id at a time."""

    talk: _Talk
    instance: str = "instance"
    lanes: int = 1

    def create(self, body: dict[str, Json]) -> Created:
        assert body["start_task"] is False
        key = witness.key_in(str(body["task_name"]))
        del body  # the rest of its name tells where the journal stood, which is no matter here
        job = self.talk.called("create", key)
        return Created(job=job, step=job)

    def start(self, handle: Handle) -> None:
        self.talk.called("start", handle.key, handle.job)

    def find(self, name: str, scope: tuple[str, str]) -> NoReturn:
        raise AssertionError(f"a list is no proof: {name} in {scope}")

    def listed(self, scope: tuple[str, str], since: int, bearing: str = "") -> tuple[Sighting, ...]:
        assert (scope, since) == (("biz", "2"), 0)
        if bearing == witness.tagged(LEDGER):
            return ()  # names have no tag here: where the journal stood is no matter
        return tuple(
            Sighting(job=job, name=f"count jobgate:{key}", status=status, at=0, by="ci")
            for key, job, status in self.talk.shown()
        )

    def status(self, handle: Handle) -> Progress:
        status = Status(self.talk.called("status", handle.key, handle.job))
        over = status is Status.SUCCEEDED
        return Progress(status=status, finished=over, paused=False, batch=1, batches=1, hosts=())

    def frozen(self, handle: Handle) -> Frozen:
        """Show nothing: what was frozen never changes, so that asking is no step of a model."""
        del handle
        return Frozen()

    def script_version(self, scope: tuple[str, str], named: Named) -> NoReturn:
        raise NotImplementedError(scope, named)

    def operate(self, handle: Handle, act: Act, seen: Progress) -> NoReturn:
        raise NotImplementedError(handle, act, seen)

    def logs(self, handle: Handle, host: str | None) -> NoReturn:
        raise NotImplementedError(handle, host)


@dataclass(frozen=True, slots=True)
class _Approvals:
    """Everything that may run was approved beforehand."""

    kept: tuple[Signed, ...]

    def tip(self, since: Commit | None) -> None:
        assert since is None

    def goes_on(self, tip: Commit | None, since: Commit | None) -> bool:
        return (tip, since) == (None, None)

    def of(self, job: str, tip: Commit | None) -> tuple[Signed, ...]:
        del job, tip
        return self.kept

    def all(self, tip: Commit | None) -> NoReturn:
        raise NotImplementedError(tip)

    def add(self, job: str, signed: Signed) -> NoReturn:
        raise NotImplementedError(job, signed)


class _Signer:
    """Every signature holds."""

    def sign(self, statement: bytes, key_file: str) -> NoReturn:
        raise NotImplementedError(statement, key_file)

    def verified(
        self, asked: Sequence[tuple[Signed, tuple[SshSigner, ...]]], at: datetime
    ) -> tuple[bool, ...]:
        del at
        return tuple(bool(signers) for _, signers in asked)


@dataclass(frozen=True, slots=True)
class _Clock:
    """Time stands still, and waiting is for something to happen."""

    talk: _Talk

    def now(self) -> datetime:
        return datetime(2026, 1, 2, tzinfo=UTC)

    def wait(self, seconds: float) -> None:
        del seconds
        self.talk.ask("wait")


@dataclass(slots=True)
class Stage:
    """Where runners run: one job, wanted with another `run` by the second commit if it `moves`.

    `ledgers` are all that there have been, the first one that of the genesis; `stands` is what a
    runner asks for at each place that there is, or None where it has ended.
    """

    fence: Fence = Fence.KEPT
    moves: bool = False
    ledgers: list[Ledger] = field(default_factory=list)
    stands: list[Ask | None] = field(default_factory=list)
    jobs: tuple[Job, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    approvals: tuple[Signed, ...] = ()
    _kept: dict[Sha256, int] = field(default_factory=dict)
    _said: dict[Known, int] = field(default_factory=dict)
    _places: dict[Known, int] = field(default_factory=dict)
    _answers: list[Answers] = field(default_factory=list)
    _after: dict[tuple[int, Answer], tuple[int, Step | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin the ledger, and approve what may run after what."""
        first, second = (planning.demanded(_Tree(run=run)) for run in (1, 2))
        draft = drafting.genesis("main", "remote", first.policy, HEADS[0])
        self.kept(history.begin(LEDGER, draft, STAMP)[1])
        self.jobs = (*first.jobs, *second.jobs)
        self.files = drafting.policies(first.policy) | drafting.scripts(self.jobs)
        afters = (None, None, self._key(0, None))
        jobs = (self.jobs[0], self.jobs[1], self.jobs[1])
        self.approvals = tuple(map(_approved, jobs, afters))
        self._stopped(())

    def _key(self, job: int, previous: Key | None) -> Key:
        wanted = self.jobs[job]
        return canon.key(ledger=LEDGER, job=wanted.id, effect=wanted.effect, previous=previous)

    def after(self, before: int, answer: Answer) -> tuple[int, Step | None]:
        """Return where a runner stands who stood at `before` and was answered.

        Places are numbers in `stands`; the first is where every runner begins. Also return what
        the answer led it to append.
        """
        if (before, answer) not in self._after:
            answers = (*self._answers[before], answer)
            self._after[before, answer] = self._stopped(answers)
        return self._after[before, answer]

    def kept(self, ledger: Ledger) -> int:
        """Return the place of a ledger, or of one that says the same."""
        if ledger.last not in self._kept:
            said = oncewhere.said(ledger)
            place = self._said.setdefault(said, len(self.ledgers))
            self._kept[ledger.last] = place
            if place == len(self.ledgers):
                self.ledgers.append(ledger)
        return self._kept[ledger.last]

    def _stopped(self, answers: Answers) -> tuple[int, Step | None]:
        """Run with these answers, and return the first place where the same was known."""
        talk = _Talk(answers)
        ask = None
        try:
            head = HEADS[talk.number("head") if self.moves else 0]
            where: Known = repr(applying.apply(self._world(talk), head, _OPTIONS))
        except RunnerError as error:
            where = repr(error)
        except PendingError as pending:
            ask = pending.ask
            where = oncewhere.where(pending, _WORLD)
        place = self._places.setdefault(where, len(self.stands))
        if place == len(self.stands):
            self.stands.append(ask)
            self._answers.append(answers)
        return place, talk.step

    def _world(self, talk: _Talk) -> World:
        platform = _Platform(talk)
        return World(
            repository=_Repository(talk, self.moves),
            journal=_Journal(talk, self),
            approvals=_Approvals(self.approvals),
            signer=_Signer(),
            platforms=lambda _: platform,
            secrets=withholding.Unfetched(),
            clock=_Clock(talk),
            runner="runner",
            tell=lambda _: None,
        )


_OPTIONS = applying.Options()
# What a run asks, and does not know; a journal knows what was seen last.
_WORLD = (_Talk, _Repository, _Platform, _Approvals, _Signer, _Clock, Stage)


def _approved(job: Job, after: Key | None) -> Signed:
    approval = Approval(
        ledger=LEDGER, job=job.id, digest=job.digest, after=after, by="reviewer", at=GIVEN
    )
    return Signed(statement=statements.written(approval), signature="signature")
