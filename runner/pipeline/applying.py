"""Apply: from the tip of the branch to everything that it wants and may run having run, once.

In order: what was left half way is carried on; an approved policy is accepted; tombstones are
written; then the approved jobs run in waves, each after the jobs that it needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runner import clauses, diff, history
from runner.errors import SupersededError
from runner.model import (
    POLICY,
    Change,
    Commit,
    Digest,
    Had,
    Job,
    JobId,
    Kind,
    Ledger,
    Planned,
    PolicyFiles,
    Result,
    Step,
    Symbol,
    Wanted,
)
from runner.outcomes import Event, Item, Outcome
from runner.pipeline import choosing, drafting, following, keeping, needs, planning, submission
from runner.pipeline.wave import Task, Wave, present
from runner.pipeline.witnessing import Lookout
from runner.verdicts import Approved, Denied, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.evidence import Grounds
    from runner.pipeline.world import World
    from runner.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for: the plan that was seen (None: any), and how many jobs at a time.

    `only` and `platform` name the jobs that it is about. Without `wait` what was started is left;
    with `again` what the platform refused is submitted anew. `planted` are jobs, by platform and
    number, whose names a person says to be false.
    """

    plan: Digest | None = None
    parallel: int = 16
    only: tuple[str, ...] = ()
    platform: str | None = None
    wait: bool = True
    again: bool = False
    planted: frozenset[tuple[str, int]] = frozenset()


def apply(world: World, head: Commit, options: Options) -> Outcome:
    """Run what `head` wants and may run. `head` must be the tip of the ledger's branch.

    Raise SupersededError when it is not, or when the plan is not `options.plan`, and CheckError
    when `options` names jobs that there are not.
    """
    have = planning.ledger(world)
    check_tip(world, have, head)
    want = planning.demanded(world.repository.tree(head))
    planned, grounds = planning.weighed(world, have, want, head, again=options.again)
    if options.plan is not None and planned.plan.digest != options.plan:
        raise SupersededError(
            f"cannot apply: the plan is {planned.plan.digest}, not {options.plan}",
            mend="look at `jobgate plan` again; what it shows now is what would run",
        )
    run = _Run(
        world=world,
        want=want,
        head=head,
        options=options,
        planned=planned,
        grounds=grounds,
        chosen=choosing.jobs(planned, options.only, options.platform),
        items={},
        lookout=Lookout(world=world, planted=options.planted),
    )
    run.look()
    run.carry_on_open()
    run.accept_policy()
    run.bury()
    run.waves()
    return Outcome(
        head=head,
        plan=planned.plan.digest,
        items=run.summary(),
        standing=run.standing,
        paths={job.id: job.path for job in want.jobs},
    )


def check_tip(world: World, have: Ledger, head: Commit) -> None:
    """Raise SupersededError unless `head` is the branch's tip and not behind the ledger."""
    tip = world.repository.tip(have.branch)
    if head != tip:
        raise SupersededError(
            f"cannot apply {head[:12]}: the tip of {have.branch} is {tip[:12]}",
            mend=f"check out {have.branch} as it is now",
        )
    if not world.repository.descends(head, have.head):
        raise SupersededError(
            f"cannot apply {head[:12]}: the ledger has acted on {have.head[:12]}, "
            "which is not in its history",
            mend=f"put {have.branch} back on top of that commit",
        )


@dataclass(slots=True, kw_only=True)
class _Run:
    """One apply on its way: the newest plan with the grounds of its verdicts, and what is at rest.

    `chosen` are the jobs that it is about; None is all of them. The policy is everybody's business:
    it is accepted whatever was chosen, so that nobody gets round the stricter one.
    """

    world: World
    want: Wanted
    head: Commit
    options: Options
    planned: Planned
    grounds: dict[JobId, Grounds]
    chosen: frozenset[JobId] | None
    items: dict[JobId, Item]
    lookout: Lookout
    standing: dict[JobId, Progress] = field(default_factory=dict)

    def look(self) -> None:
        """Look whether the platforms know more than the journal, before anything is added to it."""
        ledger = self.planned.ledger
        self.lookout.look(ledger, submission.tasks(ledger, self._ready()))

    def carry_on_open(self) -> None:
        """Carry on, by the wave, every submission that was left half way."""
        jobs = {name: job for job in self.want.jobs for name in (job.id, *dict(job.former_effects))}
        tasks: list[Task] = []
        hads = self.planned.ledger.jobs
        for had in hads.values():
            if had.state in history.OPEN and had.key is not None and self._goes_on(had.job):
                entry = planning.platform(self.planned, had.job)
                if had.state is Kind.UNKNOWN:
                    self._rest(_unknown(had))
                elif entry is None:
                    detail = "the policy no longer names its platform"
                    self._rest(Item(job=had.job, state="unknown", detail=detail, code=8))
                else:
                    tasks.append(submission.reopened_task(had, had.key, entry, jobs.get(had.job)))
        first = [task for task in tasks if hads[task.id].state is Kind.INTENDED]
        self.lookout.look(self.planned.ledger, first)
        for start in range(0, len(tasks), self.options.parallel):
            wave = self._wave(tasks[start : start + self.options.parallel])
            following.settle(wave)
            self._carry_on(wave)

    def accept_policy(self) -> None:
        """Put the wanted policy in force if it may be; everything after is judged by it."""
        change = next((each for each in self.planned.plan.changes if each.job == POLICY), None)
        if change is None or not isinstance(change.wanted, PolicyFiles):
            return
        policy = change.wanted
        verdict, grounds = keeping.kept(self.world, self._verdicts([change]))[change.job]
        if not isinstance(verdict, Approved):
            return

        def decide(ledger: Ledger | None) -> Step | None:
            found = present(ledger)
            if found.policy.key != change.after:
                return None
            draft = drafting.accepted(change, policy, self.head, found, grounds)
            return drafting.step(self.world, found, [draft], self.head, drafting.policies(policy))

        after = present(self.world.journal.append(decide))
        if after.policy.digest == policy.digest:
            self._rest(Item(job=POLICY, state="accepted", detail="it is in force now", code=0))
        self._replan(after)

    def bury(self) -> None:
        """Write a tombstone for each job whose spec is gone."""
        gone = {
            each.job
            for each in self.planned.plan.changes
            if each.symbol is Symbol.REMOVED and self._chosen(each.job)
        } - self.items.keys()

        def decide(ledger: Ledger | None) -> Step | None:
            found = present(ledger)
            hads = (found.jobs[job] for job in sorted(gone) if job in found.jobs)
            drafts = [
                drafting.removed(had)
                for had in hads
                if not had.removed and had.state not in history.OPEN
            ]
            return drafting.step(self.world, found, drafts, self.head)

        if gone:
            after = present(self.world.journal.append(decide))
            for job in sorted(gone):
                if after.jobs[job].removed:
                    self._rest(Item(job=job, state="removed", detail="nothing was run", code=0))
            self._replan(after)

    def waves(self) -> None:
        """Run the approved jobs, at most `parallel` at a time, each after what it needs."""
        while self._at_tip() and (ready := self._ready()[: self.options.parallel]):
            tasks = submission.tasks(self.planned.ledger, ready)
            self.lookout.look(self.planned.ledger, tasks)
            wave = self._wave(tasks)
            said = {job: (self.planned.verdicts[job], self.grounds[job]) for job in wave.tasks}
            kept = keeping.kept(self.world, said)
            submission.intend(wave, ready, {job: grounds for job, (_, grounds) in kept.items()})
            self._carry_on(wave)
            self.carry_on_open()

    def summary(self) -> tuple[Item, ...]:
        """Return an item for everything that an operator should hear of."""
        rest = [each for each in self.planned.plan.changes if each.runs]
        rest = [each for each in rest if each.job not in self.items and self._chosen(each.job)]
        at_tip = not rest or self._at_tip()
        for change in rest:
            self.items[change.job] = self._resting(change, at_tip=at_tip)
        for job in filter(lambda each: self._chosen(each.id), self.want.jobs):
            had = diff.last(self.planned.ledger, job)
            if had is not None and had.result is not None and job.id not in self.items:
                self.items |= _before(job.id, had.result)
        return tuple(self.items[job] for job in sorted(self.items))

    def _goes_on(self, job: JobId) -> bool:
        """Tell whether an open submission may go on: not looked at yet, or held for another job."""
        open_still = job not in self.items or self.items[job].state == "held"
        return open_still and self._chosen(job)

    def _chosen(self, job: JobId) -> bool:
        return self.chosen is None or job in self.chosen

    def _at_tip(self) -> bool:
        """Tell whether the branch still stands where this apply began; it may have moved since."""
        return self.world.repository.tip(self.planned.ledger.branch) == self.head

    def _ready(self) -> list[Change]:
        return [
            change
            for change in self.planned.plan.changes
            if change.runs
            and isinstance(change.wanted, Job)
            and change.job not in self.items
            and self._chosen(change.job)
            and isinstance(self.planned.verdicts[change.job], Approved)
            and (change.had is None or history.over(change.had))
            and not needs.missing(change.wanted, self.want.jobs, self.planned.ledger)
        ]

    def _wave(self, tasks: list[Task]) -> Wave:
        return Wave(
            world=self.world,
            planned=self.planned,
            ledger=self.planned.ledger,
            tasks={task.id: task for task in tasks},
            items={},
            lookout=self.lookout,
        )

    def _carry_on(self, wave: Wave) -> None:
        submission.carry_on(wave)
        self.standing |= following.follow(wave, wait=self.options.wait)
        self.items |= wave.items
        self._replan(wave.ledger)

    def _replan(self, ledger: Ledger | None) -> None:
        again = self.options.again
        self.planned, self.grounds = planning.weighed(
            self.world, present(ledger), self.want, self.head, again=again
        )

    def _verdicts(self, changes: Iterable[Change]) -> dict[JobId, tuple[Verdict, Grounds]]:
        planned = self.planned
        return planning.verdicts(self.world, changes, planned.ledger, planned.in_force, self.head)

    def _rest(self, item: Item) -> None:
        self.items[item.job] = item
        self.world.tell(Event(job=item.job, text=f"{item.state}: {item.detail}"))

    def _resting(self, change: Change, *, at_tip: bool) -> Item:
        """Return why a change that would run was not run."""
        verdict = self.planned.verdicts[change.job]
        if not at_tip:
            detail = "the branch moved on meanwhile; apply its tip"
            return Item(job=change.job, state="superseded", detail=detail, code=6)
        if change.had is not None and history.unsettled(change.had):
            return replace(_unknown(change.had), job=change.job)
        if isinstance(verdict, Denied):
            detail = f"{verdict.reason}; {verdict.mend}"
            return Item(job=change.job, state="denied", detail=detail, code=5)
        if isinstance(verdict, Approved) and isinstance(change.wanted, Job):
            lacking = needs.missing(change.wanted, self.want.jobs, self.planned.ledger)
            names = ", ".join(job.id for job in lacking) or "its last submission to end"
            return Item(job=change.job, state="held", detail=f"it needs {names}", code=4)
        missing = "; ".join(clauses.asks(each) for each in verdict.demands if each.missing)
        return Item(job=change.job, state="waiting", detail=missing, code=4)


def _unknown(had: Had) -> Item:
    """Return an item for a submission of which nobody can say whether it ran."""
    said = had.result.detail if had.result is not None else "nobody can say whether it ran"
    detail = f"{said}; look into it with `jobgate reconcile`"
    return Item(job=had.job, state="unknown", detail=detail, code=8, key=had.key)


def _before(job: JobId, result: Result) -> dict[JobId, Item]:
    """Return an item for a job of this head that did not end well in an earlier apply."""
    if result.outcome in {"succeeded", "withdrawn"}:
        return {}
    code = {"refused": 9, "unknown": 8}.get(result.outcome, 7)
    detail = f"{result.detail} (before this apply)"
    return {job: Item(job=job, state=result.outcome, detail=detail, code=code)}
