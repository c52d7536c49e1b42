"""Everything that the pipeline asks of, in one value: `cli` makes it, the tests make theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.outcomes import Event
    from runner.pipeline.ports import (
        Approvals,
        Clock,
        Journal,
        Platforms,
        Repository,
        Secrets,
        Signer,
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


def instant(world: World) -> str:
    """Return the present instant as entries and statements write it."""
    return world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def today(world: World) -> str:
    """Return the present day, in UTC."""
    return world.clock.now().strftime("%Y-%m-%d")
