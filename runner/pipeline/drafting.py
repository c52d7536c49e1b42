"""Journal entries to be: what each step of a submission says, and the files that go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner import acts, canon, endings, history, reviews, statements, subjects, wire
from runner.errors import SupersededError
from runner.model import (
    POLICY,
    Commit,
    Draft,
    InForce,
    Job,
    Json,
    Key,
    Kind,
    Ledger,
    PolicyFiles,
    Result,
    Step,
)
from runner.pipeline import planning, withholding
from runner.pipeline.world import World, instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.evidence import Grounds
    from runner.model import Change, Had, Steering
    from runner.progress import Created


# What follows from a verdict always; an order does, unless it is a stop.
_JUDGED = frozenset({Kind.POLICY, Kind.INTENDED, Kind.STARTING})


def step(
    world: World,
    ledger: Ledger,
    drafts: Iterable[Draft],
    head: Commit,
    files: Mapping[str, bytes] | None = None,
) -> Step | None:
    """Return the append that `drafts` make on `ledger`, or None when there are none.

    Raise SupersededError when they act on a commit that the ledger has gone beyond, or rest on
    fewer statements than a verdict that the ledger knows of.
    """
    drafts = tuple(withholding.without_values(world.secrets, draft) for draft in drafts)
    acts = any(draft.kind in history.ACTS for draft in drafts)
    if acts and not world.repository.descends(head, ledger.head):
        raise SupersededError(
            f"cannot apply {head[:12]}: the ledger has acted on {ledger.head[:12]} meanwhile",
            mend="apply the tip of the branch",
        )
    _check_tips(world, ledger, drafts)
    stamp = history.Stamp(runner=world.runner, at=instant(world), head=head)
    entries, after = history.extended(ledger, drafts, stamp)
    return Step(entries=entries, ledger=after, files=files or {}) if entries else None


def _check_tips(world: World, ledger: Ledger, drafts: Iterable[Draft]) -> None:
    """Refuse a verdict from before one that the ledger knows of: it may miss a revocation."""
    for draft in drafts:
        tip = draft.data.get("approvals_tip")
        judged = draft.kind in _JUDGED or bool(draft.data.get("approvals"))
        if judged and not world.approvals.goes_on(
            Commit(tip) if isinstance(tip, str) else None, ledger.approvals
        ):
            raise SupersededError(
                f"cannot apply {draft.job}: somebody judged by newer approvals meanwhile",
                mend="run it again: it goes on from where it is",
            )


def genesis(branch: str, mode: str, policy: PolicyFiles, head: Commit) -> Draft:
    """Return the draft that begins a ledger, with `policy` in force."""
    accepted = _in_force(policy, head, None)
    return Draft(
        kind=Kind.GENESIS,
        data={"branch": branch, "mode": mode, "policy": wire.in_force(accepted)},
    )


def adopted(job: Job) -> Draft:
    """Return the draft that takes a job as had, without running it."""
    return Draft(
        kind=Kind.ADOPTED,
        job=job.id,
        platform=job.platform.name,
        effect=job.effect,
        digest=job.digest,
        data=_account(job),
    )


def accepted(
    change: Change, policy: PolicyFiles, head: Commit, ledger: Ledger, grounds: Grounds
) -> Draft:
    """Return the draft that puts `policy` in force."""
    key = key_of(ledger, change)
    said = _in_force(policy, head, key)
    return Draft(
        kind=Kind.POLICY,
        job=POLICY,
        key=key,
        effect=policy.digest,
        digest=policy.digest,
        data={**_judged(grounds), "policy": wire.in_force(said)},
    )


def removed(had: Had) -> Draft:
    """Return the tombstone of a job whose spec is gone."""
    return Draft(kind=Kind.REMOVED, job=had.job, data={})


def intended(change: Change, job: Job, ledger: Ledger, grounds: Grounds) -> Draft:
    """Return the draft that announces a submission, with all that it rests on."""
    had = change.had
    data: dict[str, Json] = {**_account(job), **_judged(grounds)}
    if change.after is not None:
        data["previous"] = change.after
    if had is not None and had.job != job.id:
        data["formerly"] = had.job
    return Draft(
        kind=Kind.INTENDED,
        job=job.id,
        platform=job.platform.name,
        key=key_of(ledger, change),
        effect=job.effect,
        digest=job.digest,
        data=data,
    )


def created(had: Had, instance: str, answer: Created) -> Draft:
    """Return the fence: the one id of this key that may ever be started."""
    return about(
        had,
        Kind.CREATED,
        {"instance": instance, "platform_job": answer.job, "platform_step": answer.step},
    )


def starting(had: Had, grounds: Grounds) -> Draft:
    """Return the draft that says who permitted the start that follows."""
    return about(had, Kind.STARTING, _judged(grounds))


def steering(had: Had, order: Steering, grounds: Grounds) -> Draft:
    """Return the draft that says which order is about to be given, and who permitted it."""
    return about(had, Kind.STEERING, {**_judged(grounds), "steering": acts.tree(order)})


def steered(had: Had, became: Literal["done", "overtaken", "refused"], detail: str) -> Draft:
    """Return the draft that tells what became of an order."""
    return about(had, Kind.STEERED, {"became": became, "detail": detail})


def ended(had: Had, kind: Kind, result: Result) -> Draft:
    """Return the draft that tells how a submission ended (`ended`, `refused` or `unknown`)."""
    return about(had, kind, {"result": endings.tree(result)})


def settled(had: Had, result: Result, reason: str, by: str) -> Draft:
    """Return the draft that settles what nobody knew, by a person or (empty) by its platform."""
    said = {"by": by} if by else {}
    return about(had, Kind.SETTLED, {"reason": reason, "result": endings.tree(result), **said})


def about(had: Had, kind: Kind, data: Mapping[str, Json]) -> Draft:
    """Return a draft about a submission that is under way."""
    return Draft(
        kind=kind,
        job=had.job,
        platform=had.job.split("/", 1)[0],
        key=had.key,
        effect=had.effect,
        digest=had.digest,
        data=data,
    )


def key_of(ledger: Ledger, change: Change) -> Key:
    """Return the key of the submission that `change` asks for."""
    return canon.key(ledger=ledger.id, job=change.job, effect=change.effect, previous=change.after)


def scripts(jobs: Iterable[Job]) -> dict[str, bytes]:
    """Return the journal's files of what these jobs would run."""
    return {
        planning.script_path(canon.sha256(job.script)): job.script
        for job in jobs
        if job.script is not None
    }


def policies(policy: PolicyFiles) -> dict[str, bytes]:
    """Return the journal's files of a policy."""
    return {
        planning.policy_path(policy.digest, path): content
        for path, content in policy.contents.items()
    }


def _in_force(policy: PolicyFiles, head: Commit, key: Key | None) -> InForce:
    return InForce(
        digest=policy.digest,
        head=head,
        key=key,
        files=policy.sources,
        runners=policy.policy.runners,
    )


def _account(job: Job) -> dict[str, Json]:
    account: dict[str, Json] = {
        "body": subjects.request(job),
        "labels": dict(job.labels),
        "path": job.path,
        "run": job.run,
        "scheme": canon.SCHEME,
        "sources": wire.sources(job.sources),
        "spec": job.spec,
    }
    if job.expect_hosts is not None:
        account["expect_hosts"] = list(job.expect_hosts)
    if job.script is not None:
        account["script"] = canon.sha256(job.script)
    return account


def _judged(grounds: Grounds) -> dict[str, Json]:
    """Return what an entry says of the verdict that it follows from."""
    data: dict[str, Json] = {"approvals": [wire.signed(each) for each in grounds.statements]}
    if grounds.tip is not None:
        data["approvals_tip"] = grounds.tip
    if grounds.broken is not None:
        data["broken"] = statements.broken(grounds.broken)
    return data | reviews.data(grounds)
