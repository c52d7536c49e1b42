"""The plan of a commit and the verdict on each of its changes: reads everything, writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner import canon, clauses, consents, diff, judge
from runner.errors import FindingsError, RepositoryError
from runner.model import (
    POLICY,
    Blob,
    Change,
    Commit,
    Finding,
    Job,
    JobId,
    Ledger,
    Planned,
    PlatformEntry,
    Policy,
    Wanted,
)
from runner.pipeline import consent, sparing, wanted
from runner.verdicts import Approved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.evidence import Grounds
    from runner.model import InForce, Plan
    from runner.pipeline.ports import Tree
    from runner.pipeline.world import World
    from runner.verdicts import Verdict


def ledger(world: World) -> Ledger:
    """Return the ledger; raise RepositoryError when there is none yet."""
    found = world.journal.ledger()
    if found is None:
        raise RepositoryError(
            "cannot go on: this repository has no ledger",
            mend="run `jobgate adopt` once, on the branch that is to be applied",
        )
    return found


def demanded(tree: Tree) -> Wanted:
    """Return what a tree wants; raise FindingsError, with the files, when it has errors."""
    found = wanted.wanted(tree)
    if found.value is None:
        raise FindingsError(found.findings, sources(tree, found.findings))
    return found.value


def sources(tree: Tree, findings: Iterable[Finding]) -> dict[str, bytes]:
    """Return the content of each file of `tree` that a finding is in, as far as it can be read."""
    blobs = (tree.read(file) for file in dict.fromkeys(each.place.file for each in findings))
    return {blob.path: blob.content for blob in blobs if isinstance(blob, Blob)}


def planned(world: World, head: Commit, *, again: bool = False) -> Planned:
    """Return the plan that takes the ledger to what `head` wants, with its verdicts."""
    have = ledger(world)
    want = demanded(world.repository.tree(head))
    return judged(world, have, want, head, again=again)


def judged(
    world: World, have: Ledger, want: Wanted, head: Commit, *, again: bool = False
) -> Planned:
    """Return the plan from `have` to `want`, judged by the policy in force.

    `again` takes in the jobs that the platform refused as they are.
    """
    return weighed(world, have, want, head, again=again)[0]


def weighed(
    world: World, have: Ledger, want: Wanted, head: Commit, *, again: bool = False
) -> tuple[Planned, dict[JobId, Grounds]]:
    """Return what `judged` does, and the grounds that each of its verdicts rests on."""
    return of_plan(world, have, want, diff.plan(have, want.jobs, want.policy, head, again=again))


def drawn(world: World, have: Ledger, head: Commit, *, again: bool = False) -> tuple[Plan, Wanted]:
    """Return the plan of `head`, and what the tree wants: of its jobs those that had to be made."""
    spared = None if world.past is None else sparing.plan(world.past, have, head, again=again)
    if spared is not None:
        return spared.plan, spared.wanted
    want = demanded(world.repository.tree(head))
    return diff.plan(have, want.jobs, want.policy, head, again=again), want


def of_plan(
    world: World, have: Ledger, want: Wanted, plan: Plan
) -> tuple[Planned, dict[JobId, Grounds]]:
    """Return a plan judged by the policy in force, and the grounds that each verdict rests on."""
    planned = unjudged(world, have, want, plan)
    said = verdicts(world, plan.changes, have, planned.in_force, plan.head)
    found = {job: verdict for job, (verdict, _) in said.items()}
    return replace(planned, verdicts=found), {job: grounds for job, (_, grounds) in said.items()}


def unjudged(world: World, have: Ledger, want: Wanted, plan: Plan) -> Planned:
    """Return a plan with all that is to be known of it but its verdicts."""
    return Planned(
        plan=plan,
        verdicts={},
        wanted=want,
        ledger=have,
        in_force=in_force(world, have.policy),
        scripts=_before(world, have, plan.changes),
    )


def verdicts(
    world: World, changes: Iterable[Change], have: Ledger, policy: Policy, head: Commit
) -> dict[JobId, tuple[Verdict, Grounds]]:
    """Return the verdict on each change, and the grounds that it rests on."""
    asked = {change.job: change for change in changes}
    now = world.clock.now()
    given = consent.evidence(world, asked.values(), have, policy, head)
    said: dict[JobId, tuple[Verdict, Grounds]] = {}
    for job, (found, grounds) in given.items():
        verdict = judge.verdict(asked[job], ledger=have.id, policy=policy, evidence=found, at=now)
        rests = consent.grounded(grounds, verdict, policy, now)
        if found.reviews and isinstance(verdict, Approved):
            question = consents.Question(
                change=asked[job], ledger=have.id, policy=policy, evidence=found, at=now
            )
            rests = replace(rests, reviews=consents.reviews(question))
        said[job] = verdict, rests
    return said


def in_force(world: World, accepted: InForce) -> Policy:
    """Return the policy that the ledger accepted, from the journal; it must be to the letter."""
    blobs = {
        each.path: Blob(path=each.path, oid=each.oid, sha256=each.sha256, content=content)
        for each in accepted.files
        if canon.sha256(content := world.journal.file(policy_path(accepted.digest, each.path)))
        == each.sha256
    }
    found = wanted.policy_files(blobs)
    same = found.value is not None and found.value.policy.runners == accepted.runners
    if found.value is None or found.value.digest != accepted.digest or not same:
        raise RepositoryError(
            "cannot read the policy in force: the journal's copy is not the accepted one",
            mend="compare the journal with another clone's; it was altered or is damaged",
        )
    world.secrets.named(found.value.policy)
    return found.value.policy


def platform(planned: Planned, job: JobId) -> PlatformEntry | None:
    """Return the platform of a job of the ledger, as the policy in force defines it."""
    name = job.split("/", 1)[0]
    return next((entry for entry in planned.in_force.platforms if entry.name == name), None)


def policy_path(digest: str, path: str) -> str:
    """Return where the journal keeps a file of an accepted policy."""
    return f"policy/{digest.removeprefix('sha256:')}/{path}"


def script_path(sha256: str) -> str:
    """Return where the journal keeps a script that was submitted."""
    return f"scripts/{sha256[:2]}/{sha256}"


def _before(world: World, have: Ledger, changes: tuple[Change, ...]) -> Mapping[JobId, bytes]:
    """Return the text that each change replaces: a job's script, or the policy in force."""
    found = {
        each.job: world.journal.file(script_path(each.had.script))
        for each in changes
        if isinstance(each.wanted, Job) and each.had is not None and each.had.script is not None
    }
    if any(each.job == POLICY for each in changes):
        digest, files = have.policy.digest, have.policy.files
        found[POLICY] = clauses.text(
            {each.path: world.journal.file(policy_path(digest, each.path)) for each in files}
        )
    return found
