"""The beginning of a ledger: the genesis, and the jobs that exist taken as had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner import history
from runner.errors import RepositoryError
from runner.model import Ledger, LedgerId, Step
from runner.pipeline import drafting, planning
from runner.pipeline.world import World, instant

if TYPE_CHECKING:
    from runner.model import Wanted


def adopt(
    world: World, *, ledger: LedgerId, branch: str, mode: Literal["local", "remote"]
) -> tuple[Ledger, Wanted]:
    """Write the genesis for `branch`; nothing is run. `ledger` is a fresh random name.

    Raise RepositoryError when there is a ledger already, FindingsError when the tree has errors.
    """
    head = world.repository.tip(branch)
    want = planning.demanded(world.repository.tree(head))

    def decide(found: Ledger | None) -> Step:
        if found is not None:
            raise RepositoryError(
                f"cannot adopt: this repository has the ledger {found.id} for {found.branch}",
                mend="go on with `jobgate plan`",
            )
        stamp = history.Stamp(runner=world.runner, at=instant(world), head=head)
        first, begun = history.begin(
            ledger, drafting.genesis(branch, mode, want.policy, head), stamp
        )
        entries, after = history.extended(begun, map(drafting.adopted, want.jobs), stamp)
        return Step(
            entries=(first, *entries),
            ledger=after,
            files=drafting.policies(want.policy) | drafting.scripts(want.jobs),
        )

    after = world.journal.append(decide)
    if after is None:
        raise RepositoryError(
            "cannot adopt: the journal is empty after it was written", mend="run it again"
        )
    return after, want
