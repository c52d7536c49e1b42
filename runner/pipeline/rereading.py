"""What Git says of a job at a commit that was reviewed: its digest there, and where it came from.

The job is made again from that commit alone, by the policy of that commit, as a plan of it would
make it; nothing that anybody says about files or merges is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import pins
from runner.model import Blob, Job, Severity
from runner.pipeline import assembling, making, wanted
from runner.pipeline.recollection import Reading

if TYPE_CHECKING:
    from runner.model import Change, Commit, Digest, PolicyFiles
    from runner.pipeline.ancestry import Lineage
    from runner.pipeline.ports import Tree
    from runner.pipeline.recollection import Readings, Recollection
    from runner.pipeline.world import World

# What any job may be another one for, whatever else it is made from.
ALWAYS = (making.POLICY_PATH, pins.PATH)
_NOTHING = Reading(digest=None, asked=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is so of one review, whatever the forge says of it. The fields are those of a Review."""

    held: bool
    digest: Digest | None = None
    base: Digest | None = None
    makers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A commit that was reviewed, the newest one of its pull request, and the branch it is for."""

    commit: Commit
    head: Commit | None  # as Git has it; None where nobody can show it
    branch: Commit


def facts(world: World, lineage: Lineage, change: Change, stretch: Stretch) -> Facts:
    """Return what Git says of `change` at the commit of `stretch`."""
    bases = branched(world.recollection, lineage, stretch)
    if not bases:
        return Facts(held=False)
    there = reading(world, change, stretch.commit)
    if there.digest != change.digest:
        return Facts(held=True, digest=there.digest)
    before = [reading(world, change, base) for base in bases]
    # Two lines that were merged crosswise have several bases, and it must be new to each.
    same = any(each.digest == change.digest for each in before)
    paths = there.asked.union(*(each.asked for each in before), _had(change))
    return Facts(
        held=True,
        digest=there.digest,
        base=change.digest if same else before[0].digest,
        makers=frozenset().union(
            *(lineage.makers(base, stretch.commit, tuple(sorted(paths))) for base in bases)
        ),
    )


def reading(world: World, change: Change, commit: Commit) -> Reading:
    """Return what `commit` makes of the changed job, at the path that the job has now.

    The digest covers the path, so that elsewhere there is only another digest.
    """
    if isinstance(change.wanted, Job):
        return _readings(world, commit, change.wanted.path).get(change.job, _NOTHING)
    files = _policy(world.recollection, world.repository.tree(commit))
    digest = None if files is None else files.digest
    return Reading(digest=digest, asked=frozenset(wanted.POLICY_PATHS))


def _had(change: Change) -> frozenset[str]:
    sources = () if change.had is None else change.had.sources
    return frozenset(each.path for each in sources)


# ---------------------------------------------------------------- lines of commits


def branched(kept: Recollection, lineage: Lineage, stretch: Stretch) -> tuple[Commit, ...]:
    """Return where the pull request branched off, as seen from the commit of `stretch`.

    There is nothing where the commit is not one of the pull request's own.
    """
    head = stretch.head
    if head is None:
        return ()
    name = (stretch.commit, head, stretch.branch)
    if name not in kept.bases:
        kept.bases[name] = _found(lineage, stretch, head)
    return kept.bases[name]


def _found(lineage: Lineage, stretch: Stretch, head: Commit) -> tuple[Commit, ...]:
    if not lineage.has(stretch.commit) or not lineage.descends(head, stretch.commit):
        return ()
    before = lineage.before(stretch.branch, head)
    if before is None or lineage.descends(before, stretch.commit):
        return ()
    return lineage.merge_bases(before, stretch.commit)


# ---------------------------------------------------------------- jobs and policies


def _readings(world: World, commit: Commit, path: str) -> Readings:
    """Return what each job of one spec is at a commit; nothing where it has no sound one."""
    kept = world.recollection
    if (commit, path) not in kept.readings:
        if commit not in kept.makers:
            tree = world.repository.tree(commit)
            files = _policy(kept, tree)
            made = None if files is None else making.Maker(tree=tree, policy=files.policy)
            kept.makers[commit] = made
        maker = kept.makers[commit]
        kept.readings[commit, path] = {} if maker is None else _made(maker, path)
    return kept.readings[commit, path]


def _made(maker: making.Maker, path: str) -> Readings:
    made = maker.made(path)
    asked = frozenset(maker.asked)
    findings = list(made.findings)
    for name in asked & maker.variables.keys():
        findings += maker.variables[name].findings
    if made.value is None or any(each.severity is Severity.ERROR for each in findings):
        return {}
    jobs = [
        assembling.job(made.value.spec, rendered, resolved, platform, maker.policy)
        for rendered, resolved in made.value.cells
        for platform in made.value.platforms
    ]
    return {job.id: Reading(digest=job.digest, asked=asked) for job in jobs}


def _policy(kept: Recollection, tree: Tree) -> PolicyFiles | None:
    """Return the policy of a tree; one with the same files was read before."""
    found = (tree.read(path) for path in wanted.POLICY_PATHS)
    name = tuple(each.oid if isinstance(each, Blob) else each.rule for each in found)
    if name not in kept.policies:
        read = wanted.policy(tree)
        sound = not any(each.severity is Severity.ERROR for each in read.findings)
        kept.policies[name] = read.value if sound else None
    return kept.policies[name]
