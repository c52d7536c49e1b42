"""Everything that the pipeline asks of, in one value: `cli` makes it, the tests make theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner import instants
from runner.errors import ForgeError
from runner.pipeline import boards
from runner.pipeline.recollection import Recollection

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.outcomes import Event
    from runner.pipeline.ancestry import Keep, Lineage
    from runner.pipeline.boards import Boards
    from runner.pipeline.ports import (
        Clock,
        Forge,
        Forges,
        Journal,
        Platforms,
        Repository,
        Secrets,
    )
    from runner.pipeline.signing import Approvals, Signer
    from runner.pipeline.sparing import Past
    from runner.terms import ForgeEntry


def forgeless(entry: ForgeEntry) -> Forge:
    """Open no forge: for what has none at hand. Raises ForgeError."""
    raise ForgeError(
        f"cannot ask {entry.name}: nothing here can",
        mend="take signed approvals: `jobgate approve`",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ports. `runner` is this run's random name; `tell` is told what happens on the way."""

    repository: Repository
    journal: Journal
    approvals: Approvals
    signer: Signer
    platforms: Platforms
    secrets: Secrets
    clock: Clock
    runner: str
    tell: Callable[[Event], None]
    forges: Forges = forgeless
    boards: Boards = boards.boardless
    lineage: Lineage | None = None  # without it no review counts
    past: Past | None = None  # without it each plan makes every job
    keep: Keep | None = None
    recollection: Recollection = field(default_factory=Recollection)


def instant(world: World) -> str:
    """Return the present instant as entries and statements write it."""
    return instants.written(world.clock.now())
