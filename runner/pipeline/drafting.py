"""Journal entries to be: what each step of a submission says, and the files that go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner import acts, canon, history, pins, wire
from runner.errors import SupersededError
from runner.model import (
    POLICY,
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

    from runner.model import Change, Commit, Had, Signed, Steering
    from runner.progress import Created


def step(
    world: World,
    ledger: Ledger,
    drafts: Iterable[Draft],
    head: Commit,
    files: Mapping[str, bytes] | None = None,
) -> Step | None:
    """Return the append that `drafts` make on `ledger`, or None when there are none.

    Raise SupersededError when they act on a commit that the ledger has gone beyond.
    """
    drafts = tuple(withholding.without_values(world.secrets, draft) for draft in drafts)
    acts = any(draft.kind in history.ACTS for draft in drafts)
    if acts and not world.repository.descends(head, ledger.head):
        raise SupersededError(
            f"cannot apply {head[:12]}: the ledger has acted on {ledger.head[:12]} meanwhile",
            mend="apply the tip of the branch",
        )
    stamp = history.Stamp(runner=world.runner, at=instant(world), head=head)
    entries, after = history.extended(ledger, drafts, stamp)
    return Step(entries=entries, ledger=after, files=files or {}) if entries else None


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
    change: Change, policy: PolicyFiles, head: Commit, ledger: Ledger, statements: Iterable[Signed]
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
        data={"approvals": _signed(statements), "policy": wire.in_force(said)},
    )


def removed(had: Had) -> Draft:
    """Return the tombstone of a job whose spec is gone."""
    return Draft(kind=Kind.REMOVED, job=had.job, data={})


def intended(change: Change, job: Job, ledger: Ledger, statements: Iterable[Signed]) -> Draft:
    """Return the draft that announces a submission, with all that it rests on."""
    had = change.had
    data: dict[str, Json] = {**_account(job), "approvals": _signed(statements)}
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


def starting(had: Had, statements: Iterable[Signed]) -> Draft:
    """Return the draft that says who permitted the start that follows."""
    return about(had, Kind.STARTING, {"approvals": _signed(statements)})


def steering(had: Had, order: Steering, statements: Iterable[Signed]) -> Draft:
    """Return the draft that says which order is about to be given, and who permitted it."""
    data = {"approvals": _signed(statements), "steering": acts.tree(order)}
    return about(had, Kind.STEERING, data)


def steered(had: Had, became: Literal["done", "overtaken", "refused"], detail: str) -> Draft:
    """Return the draft that tells what became of an order."""
    return about(had, Kind.STEERED, {"became": became, "detail": detail})


def ended(had: Had, kind: Kind, result: Result) -> Draft:
    """Return the draft that tells how a submission ended (`ended`, `refused` or `unknown`)."""
    return about(had, kind, {"result": wire.result(result)})


def settled(had: Had, result: Result, reason: str, by: str) -> Draft:
    """Return the draft that settles what nobody knew, by a person or (empty) by its platform."""
    said = {"by": by} if by else {}
    return about(had, Kind.SETTLED, {"reason": reason, "result": wire.result(result), **said})


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
        "body": pins.recorded(canon.effect_body(job.body, job.script), job.pins),
        "path": job.path,
        "run": job.run,
        "scheme": canon.SCHEME,
        "sources": wire.sources(job.sources),
        "spec": job.spec,
    }
    if job.script is not None:
        account["script"] = canon.sha256(job.script)
    return account


def _signed(statements: Iterable[Signed]) -> Json:
    return [wire.signed(each) for each in statements]
