"""Auditing: the records that the journal holds, and whether one of them can be made again from Git.

Needs no platform, no forge and no network: the journal, the approvals' own signatures and the
commit are all that is looked at.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from runner import (
    accounts,
    acts,
    canon,
    dated,
    history,
    instants,
    judge,
    narrow,
    records,
    successes,
    wire,
)
from runner.errors import CheckError, RepositoryError
from runner.evidence import Evidence
from runner.model import (
    POLICY,
    Act,
    Blob,
    Change,
    Job,
    Kind,
    Ledger,
    Policy,
    PolicyFiles,
    Record,
    Symbol,
)
from runner.outcomes import Proof
from runner.pipeline import consent, planning, recalling, retrying, standing, wanted
from runner.verdicts import Approved

if TYPE_CHECKING:
    from datetime import datetime

    from runner.model import Entry, InForce
    from runner.pipeline.world import World

SCHEMA = "urn:jobgate:record:1"


def all_records(world: World) -> tuple[Record, ...]:
    """Return every record of the journal, oldest first."""
    planning.ledger(world)
    return records.records(history.steps(world.journal.entries()))


def chosen(found: tuple[Record, ...], name: str) -> Record:
    """Return the newest record of a job, or the one whose key begins with `name`."""
    for record in reversed(found):
        if name in {record.job, record.job.split("/", 1)[-1]} or (
            len(name) >= _SHORT and record.key.startswith(name)
        ):
            return record
    raise CheckError(
        f"cannot find a record of {name}", mend="`jobgate records` lists those that there are"
    )


def document(record: Record) -> bytes:
    """Return the one text of a record: canonical JSON in its envelope, and a newline."""
    return canon.encode({"record": accounts.record(record), "schema": SCHEMA}) + b"\n"


def verify(world: World, content: bytes) -> tuple[Proof, ...]:
    """Return what holds and what does not of a record's text. Never raises on a bad record."""
    try:
        tree = wire.loads(content)
        record = accounts.record_from(tree["record"] if isinstance(tree, dict) else None)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        return (Proof(name="record", holds=False, detail=f"it is not a record: {error}"),)
    entries = world.journal.entries()
    proofs = [_to_the_letter(record, content), _chain(world, entries), *_signatures(world)]
    if not proofs[1].holds:
        return tuple(proofs)
    same = next(
        (each for each in records.records(history.steps(entries)) if each.key == record.key), None
    )
    proofs.append(
        Proof(
            name="journal",
            holds=same == record,
            detail=f"the journal's account of {record.key[:12]}",
        )
    )
    if not all(proof.holds for proof in proofs):
        return tuple(proofs)
    return (*proofs, *_Derivation(world=world, record=record, entries=entries).proofs())


_SHORT = 8


def _to_the_letter(record: Record, content: bytes) -> Proof:
    return Proof(name="record", holds=document(record) == content, detail="canonical, to the byte")


def _chain(world: World, entries: tuple[Entry, ...]) -> Proof:
    try:
        sound = dated.agrees(world.journal.ledger(), history.replay(entries))
    except history.ImpossibleEntryError as error:
        return Proof(name="chain", holds=False, detail=str(error))
    return Proof(name="chain", holds=sound, detail=f"{len(entries)} entries add up to the ledger")


def _signatures(world: World) -> tuple[Proof, ...]:
    """Return whether every commit of the journal is signed that had to be, if any had to."""
    found = world.journal.signatures()
    if not found.due:
        return ()
    first = f", and the first that is not is {found.bad[0]}" if found.bad else ""
    detail = f"{found.due - len(found.bad)} of {found.due} commits that runners had to sign{first}"
    return (Proof(name="signatures", holds=not found.bad, detail=detail),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Derivation:
    """Makes again, from Git alone, what a record says."""

    world: World
    record: Record
    entries: tuple[Entry, ...]

    def proofs(self) -> tuple[Proof, ...]:
        """Return a proof of the key, the files, the digests, the script and the approvals."""
        record = self.record
        key = canon.key(
            ledger=record.ledger, job=record.job, effect=record.effect, previous=record.previous
        )
        found = [
            Proof(
                name="key",
                holds=key == record.key,
                detail="made of ledger, job, effect and key before",
            )
        ]
        found.append(self._files())
        want = wanted.wanted(self.world.repository.tree(record.head)).value
        if want is None:
            return (*found, Proof(name="render", holds=False, detail=f"{record.head} has findings"))
        if record.job == POLICY:
            same = want.policy.digest == record.digest
            return (
                *found,
                Proof(name="policy", holds=same, detail=record.digest),
                *self._consent(want.policy),
            )
        job = next((each for each in want.jobs if each.id == record.job), None)
        if job is None:
            return (
                *found,
                Proof(name="render", holds=False, detail=f"no {record.job} at {record.head}"),
            )
        found += [*self._digests(job), self._script(job), *self._consent(job)]
        return (*found, *self._steering(job))

    def _files(self) -> Proof:
        tree = self.world.repository.tree(self.record.head)
        wrong = [
            source.path
            for source in self.record.sources
            if not isinstance(blob := tree.read(source.path), Blob)
            or (blob.oid, blob.sha256) != (source.oid, source.sha256)
        ]
        seen = f"{len(self.record.sources)} files at {self.record.head[:12]}"
        return Proof(name="files", holds=not wrong, detail=", ".join(wrong) or seen)

    def _digests(self, job: Job) -> tuple[Proof, ...]:
        record = self.record
        return (
            Proof(name="effect", holds=job.effect == record.effect, detail=job.effect),
            Proof(name="digest", holds=job.digest == record.digest, detail=job.digest),
            Proof(
                name="sources",
                holds=job.sources == record.sources,
                detail=f"{len(job.sources)} named",
            ),
        )

    def _script(self, job: Job) -> Proof:
        if job.script is None:
            held = "".join(f", held to {each.sha256}" for each in job.pins)
            return Proof(name="script", holds=True, detail=f"kept by the platform{held}")
        path = planning.script_path(canon.sha256(job.script))
        try:
            kept = self.world.journal.file(path)
        except RepositoryError as error:
            return Proof(name="script", holds=False, detail=error.message)
        return Proof(name="script", holds=kept == job.script, detail=path)

    def _consent(self, subject: Job | PolicyFiles) -> tuple[Proof, ...]:
        """Judge again, by the policy that was in force, at the instant of the permit."""
        before = self._before()
        if before is None:
            return (Proof(name="approvals", holds=False, detail="the ledger had not begun"),)
        policy = planning.in_force(self.world, self.record.policy)
        change = self._change(subject, before)
        permit = [each for each in self.record.entries if each.kind in _PERMITS][-1]
        at = instants.read(permit.at)
        if at is None:
            detail = f"entry {permit.seq} has no instant"
            return (Proof(name="approvals", holds=False, detail=detail),)
        evidence = self._evidence(change, before, policy, permit, at)
        verdict = judge.verdict(change, ledger=before.id, policy=policy, evidence=evidence, at=at)
        given = [each.by for each in evidence.approvals]
        given += [f"@{each.account}" for each in evidence.reviews]
        people = ", ".join(sorted(set(given))) or "nobody"
        broken = records.broken(permit)
        shown = recalling.proofs(self.world, self._permit(permit, before), change)
        approved = Proof(
            name="approvals",
            holds=isinstance(verdict, Approved) and _same_glass(permit, verdict, policy, at),
            detail=f"the glass was broken by {broken.by}: {broken.reason}"
            if broken
            else f"given by {people}",
        )
        return (*shown, approved)

    def _permit(self, entry: Entry, before: Ledger) -> recalling.Permit:
        return recalling.Permit(entry=entry, before=before, head=self.record.head)

    def _steering(self, job: Job) -> tuple[Proof, ...]:
        """Judge each order again, but stops, by the policy in force when it was given."""
        orders = [each for each in self.record.entries if each.kind is Kind.STEERING]
        before = self._before()
        if before is None or not orders:
            return ()
        policies = {entry.seq: ledger.policy for entry, ledger in history.steps(self.entries)}
        bad = [
            f"entry {each.seq}"
            for each in orders
            if narrow.text(dict(each.data), "steering", "act") != Act.STOP
            and not self._permitted(each, job, before, policies[each.seq])
        ]
        detail = ", ".join(bad) or f"{len(orders)} in the journal"
        return (Proof(name="steering", holds=not bad, detail=detail),)

    def _permitted(self, entry: Entry, job: Job, before: Ledger, accepted: InForce) -> bool:
        policy = planning.in_force(self.world, accepted)
        change = self._change(standing.at_home(job, policy), before)
        at = instants.read(entry.at)
        if at is None:
            return False
        evidence = self._evidence(change, before, policy, entry, at)
        order = acts.steering_from(narrow.mapping(dict(entry.data), "steering"))
        if order.act is Act.RETRY_ALL:
            given = consent.verified(self.world, policy, records.approvals(entry), at)
            named = (self.record.ledger, self.record.key, (order.batch, order.tries))
            mine = (said for said, _ in given if retrying.about(said, *named))
            evidence = retrying.evidence(evidence, change, mine)
        verdict = judge.verdict(change, ledger=before.id, policy=policy, evidence=evidence, at=at)
        return isinstance(verdict, Approved) and _same_glass(entry, verdict, policy, at)

    def _before(self) -> Ledger | None:
        """Return the ledger as it stood just before the submission was announced."""
        key = self.record.key
        earlier = tuple(itertools.takewhile(lambda entry: entry.key != key, self.entries))
        return history.replay(earlier) if earlier else None

    def _change(self, subject: Job | PolicyFiles, before: Ledger) -> Change:
        names = [self.record.job]
        if isinstance(subject, Job):
            names += [name for name, _ in subject.former_effects]
        last = next((before.jobs[name] for name in names if name in before.jobs), None)
        return Change(
            job=self.record.job,
            symbol=Symbol.ALTERED,
            after=self.record.previous,
            digest=self.record.digest,
            effect=self.record.effect,
            via=(),
            runs=True,
            had=None if last is None else last.counts,
            wanted=subject,
        )

    def _evidence(
        self,
        change: Change,
        before: Ledger,
        policy: Policy,
        entry: Entry,
        at: datetime,
    ) -> Evidence:
        given = consent.verified(self.world, policy, records.approvals(entry), at)
        found = Evidence(
            approvals=(),
            touched_by=consent.touched_by(self.world, change, before, self.record.head),
            succeeded=successes.platforms(before, change, successes.asked(policy)),
            since=dated.since(before, change),
        )
        found = recalling.recalled(self.world, self._permit(entry, before), change, found)
        return consent.signed(found, (said for said, _ in given))


def _same_glass(entry: Entry, verdict: Approved, policy: Policy, at: datetime) -> bool:
    """Tell whether an entry names whoever broke the glass, and is followed up no later than due."""
    said = records.broken(entry)
    if said is None or verdict.broken is None or policy.break_glass is None:
        return said is None and verdict.broken is None
    latest = instants.written(at + timedelta(hours=policy.break_glass.hours))
    return (said.by, said.reason) == verdict.broken and said.due <= latest


_PERMITS = frozenset({Kind.INTENDED, Kind.STARTING, Kind.POLICY})
