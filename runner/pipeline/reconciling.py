"""Reconciling: settles what nobody knew, and tells where journal and platforms are not of one mind.

What a platform shows beyond doubt is settled; what it does not is left to a person, who says how
it was, and why. Nothing is started, steered or taken over here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from runner import history, witness
from runner.errors import CheckError, PlatformError, RefusedError, UnknownOutcomeError
from runner.handles import Handle
from runner.model import Draft, Had, Key, Kind, Ledger, Result, Step
from runner.outcomes import Event
from runner.pipeline import drafting, inquiring, planning, standing
from runner.pipeline.inquiring import Doubt, Found, Known
from runner.pipeline.wave import present
from runner.witness import Reconciliation, Remark, Settlement, Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import JobId, PlatformEntry, Policy
    from runner.pipeline.ports import Platform
    from runner.pipeline.world import World
    from runner.witness import Sighting

_BY_HAND: Mapping[str, Literal["succeeded", "failed", "withdrawn"]] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "not-run": "withdrawn",
}
OUTCOMES = tuple(_BY_HAND)
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a person says became of a job's submission: one of OUTCOMES, by whom and why."""

    name: str
    outcome: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """What is to be appended about a submission that was looked at."""

    had: Had
    drafts: tuple[Draft, ...]
    settlement: Settlement | None = None
    remark: Remark | None = None


def reconciliation(world: World, days: int, claim: Claim | None) -> Reconciliation:
    """Settle what can be, with `claim` what a person decided, and return what is left.

    Lists are looked at `days` back, to the beginning of the ledger at most. Raise CheckError for a
    claim about a job of which it is known what became of it.
    """
    ledger = planning.ledger(world)
    entries = world.journal.entries()
    since = max(world.clock.now() - timedelta(days=days), _instant(entries[0].at))
    desk = _Desk(world=world, ledger=ledger, policy=planning.in_force(world, ledger.policy))
    if claim is not None:
        desk.claim(standing.job_named(ledger, claim.name), claim)
    for had in ledger.jobs.values():
        if inquiring.is_open(had) and had.job not in desk.looked:
            desk.examine(had)
    desk.append()
    told = witness.submissions(entries)
    for entry in desk.policy.platforms:
        desk.compare(entry, told, since)
    return Reconciliation(
        ledger=ledger.id,
        since=since.strftime(_INSTANT),
        settled=tuple(desk.settled),
        remarks=tuple(desk.remarks),
    )


@dataclass(slots=True, kw_only=True)
class _Desk:
    """One reconciliation: what it found so far, and what it is about to append."""

    world: World
    ledger: Ledger
    policy: Policy
    looked: set[JobId] = field(default_factory=set)
    news: list[_News] = field(default_factory=list)
    settled: list[Settlement] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def claim(self, had: Had, claim: Claim) -> None:
        """Take a person's word for a submission of which nobody can know what became of it."""
        outcome = _BY_HAND[claim.outcome]
        found = self._found(had) if inquiring.is_open(had) else None
        if not isinstance(found, Doubt):
            raise CheckError(
                f"cannot settle {had.job}: {_state(had, found)}",
                mend="leave `--settle` away; nobody's word is needed",
            )
        if had.state is Kind.ENDED and outcome == "withdrawn":
            raise CheckError(
                f"cannot settle {had.job} as not run: it began, and ended abnormally",
                mend="find out how far it came, and say `--as succeeded` or `--as failed`",
            )
        result = Result(outcome=outcome, detail=f"{claim.outcome}, as {claim.by} says")
        unknown = () if history.unsettled(had) else (_unknown(had, found),)
        self._settle(had, unknown, _settlement(had, result, claim.reason, claim.by))

    def examine(self, had: Had) -> None:
        """Settle a submission if its platform says beyond doubt what became of it."""
        found = self._found(had)
        if isinstance(found, Known):
            self._settle(had, (), _settlement(had, found.result, found.reason, ""))
        elif found is not None:
            known = history.unsettled(had)
            remark = Remark(
                concern="unreachable" if found.away and not known else "unknown",
                platform=had.job.split("/", 1)[0],
                detail=found.why,
                job=had.job,
                key=had.key,
                platform_job=had.platform_job,
            )
            if found.news and not known:
                self.news.append(_News(had=had, drafts=(_unknown(had, found),), remark=remark))
            else:
                self.remarks.append(remark)

    def append(self) -> None:
        """Append the news of every submission that still stands where it was looked at.

        Of the others somebody knows more by now.
        """
        done: list[_News] = []

        def decide(ledger: Ledger | None) -> Step | None:
            found = present(ledger)
            done[:] = [each for each in self.news if found.jobs.get(each.had.job) == each.had]
            drafts = [draft for each in done for draft in each.drafts]
            return drafting.step(self.world, found, drafts, found.head)

        if self.news:
            self.ledger = present(self.world.journal.append(decide))
        for each in done:
            state = "unknown" if each.settlement is None else "settled"
            self.world.tell(Event(job=each.had.job, text=f"{state}, as the journal says now"))
        self.settled += [each.settlement for each in done if each.settlement is not None]
        self.remarks += [each.remark for each in done if each.remark is not None]

    def compare(self, entry: PlatformEntry, told: Mapping[str, Told], since: datetime) -> None:
        """Remark on what a platform's lists show, and on the records that it does not know."""
        mine = [each for each in told.values() if each.job.startswith(f"{entry.name}/")]
        start = int(since.timestamp() * 1000)
        try:
            platform = self.world.platforms(entry) if mine else None
            if platform is not None:
                scopes = sorted({each.scope for each in mine})
                seen = [each for scope in scopes for each in platform.listed(scope, start)]
                self.remarks += self._remarks(entry.name, seen, told)
                ids = {each.job for each in seen}
                asked = {self.ledger.jobs[job].key for job in self.looked}
                left = [t for t in mine if t.platform_job not in ids and t.key not in asked]
                self.remarks += _lost(platform, _recorded(platform.instance, left, since))
        except (PlatformError, UnknownOutcomeError) as error:
            remark = Remark(concern="unreachable", platform=entry.name, detail=error.message)
            self.remarks.append(remark)

    def _found(self, had: Had) -> Found:
        self.looked.add(had.job)
        return inquiring.found(self.world, self.policy, had)

    def _settle(self, had: Had, before: tuple[Draft, ...], made: Settlement) -> None:
        draft = drafting.settled(had, made.result, made.reason, made.by)
        self.news.append(_News(had=had, drafts=(*before, draft), settlement=made))

    def _remarks(
        self, platform: str, seen: list[Sighting], told: Mapping[str, Told]
    ) -> tuple[Remark, ...]:
        """Return the remarks on a list. What bears a key is held against a journal read later."""
        found = tuple(witness.remarks(platform, seen, told, self.ledger.id))
        if all(each.concern == "outside" for each in found):
            return found
        later = witness.submissions(self.world.journal.entries())
        return tuple(witness.remarks(platform, seen, later, self.ledger.id))


def _recorded(
    instance: str, told: Iterable[Told], since: datetime
) -> Iterator[tuple[Told, Handle]]:
    """Yield the submissions that this instance of a platform created since then."""
    for each in told:
        job, step, created = each.platform_job, each.platform_step, each.created
        if job is None or step is None or created is None:
            continue
        if each.instance == instance and _instant(created) >= since:
            yield each, Handle(job=job, step=step, scope=each.scope, key=each.key)


def _lost(platform: Platform, recorded: Iterable[tuple[Told, Handle]]) -> Iterator[Remark]:
    """Yield a remark on each submission that its platform does not know when it is asked."""
    for told, handle in recorded:
        try:
            platform.status(handle)
        except RefusedError as error:
            yield Remark(
                concern="lost",
                platform=told.job.split("/", 1)[0],
                detail=f"its platform does not know it: {error.message}",
                job=told.job,
                key=told.key,
                platform_job=told.platform_job,
            )


def _settlement(had: Had, result: Result, reason: str, by: str) -> Settlement:
    return Settlement(job=had.job, key=had.key or Key(""), result=result, reason=reason, by=by)


def _unknown(had: Had, found: Doubt) -> Draft:
    return drafting.ended(had, Kind.UNKNOWN, Result(outcome="unknown", detail=found.why))


def _state(had: Had, found: Known | None) -> str:
    if found is not None:
        return f"its platform says how it ended: {found.result.outcome}, {found.result.detail}"
    if inquiring.is_open(had):
        return f"it is {had.state.value}, and `jobgate apply` carries it on"
    said = had.state.value if had.result is None else had.result.detail
    return f"it is known what became of it: {said}"


def _instant(text: str) -> datetime:
    return datetime.strptime(text, _INSTANT).replace(tzinfo=UTC)
