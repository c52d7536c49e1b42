"""`python -m tests.killed N [ACT JOB]`: an apply that kills itself with SIGKILL at its N-th step.

With an act and a job it is that order which does so, instead of an apply.

A step is a moment just before, or just after, a call that writes: an append to the journal, or a
create, start or order on the platform. With N beyond the last step the apply ends as it should,
and prints how many steps there were.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.cli import compose
from runner.errors import gravest
from runner.model import Act
from runner.pipeline import applying, steering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.frozen import Frozen
    from runner.handles import Handle
    from runner.model import Entry, Json, Ledger, PlatformEntry
    from runner.outcomes import Signatures
    from runner.pipeline.ports import Decide, Journal, Platform, Platforms
    from runner.pipeline.world import World
    from runner.progress import Created, Progress
    from runner.stored import Named, Stored
    from runner.witness import Sighting


@dataclass(slots=True)
class Countdown:
    """Counts the steps, and kills this process at the one that was chosen."""

    chosen: int
    passed: int = 0

    def step(self) -> None:
        """Pass one step, or end here and now."""
        self.passed += 1
        if self.passed == self.chosen:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class KillingJournal:
    """The real journal, with a step before and after each append."""

    real: Journal
    countdown: Countdown

    def ledger(self) -> Ledger | None:
        """Pass it on."""
        return self.real.ledger()

    def entries(self) -> tuple[Entry, ...]:
        """Pass it on."""
        return self.real.entries()

    def signatures(self) -> Signatures:
        """Pass it on."""
        return self.real.signatures()

    def file(self, path: str) -> bytes:
        """Pass it on."""
        return self.real.file(path)

    def append(self, decide: Decide) -> Ledger | None:
        """Step, append, step."""
        self.countdown.step()
        after = self.real.append(decide)
        self.countdown.step()
        return after


@dataclass(slots=True)
class KillingPlatform:
    """The real platform, with a step before and after each call that writes."""

    real: Platform
    countdown: Countdown

    @property
    def instance(self) -> str:
        """Pass it on."""
        return self.real.instance

    @property
    def lanes(self) -> int:
        """Return one: it is counted which call comes when."""
        return 1

    def create(self, body: dict[str, Json]) -> Created:
        """Step, create, step."""
        self.countdown.step()
        answer = self.real.create(body)
        self.countdown.step()
        return answer

    def start(self, handle: Handle) -> None:
        """Step, start, step."""
        self.countdown.step()
        self.real.start(handle)
        self.countdown.step()

    def find(self, name: str, scope: tuple[str, str]) -> tuple[int, ...]:
        """Pass it on."""
        return self.real.find(name, scope)

    def listed(self, scope: tuple[str, str], since: int, bearing: str = "") -> tuple[Sighting, ...]:
        """Pass it on."""
        return self.real.listed(scope, since, bearing)

    def status(self, handle: Handle) -> Progress:
        """Step before each look: the scripts may be under way."""
        self.countdown.step()
        return self.real.status(handle)

    def frozen(self, handle: Handle) -> Frozen:
        """Pass it on."""
        return self.real.frozen(handle)

    def script_version(self, scope: tuple[str, str], named: Named) -> Stored:
        """Pass it on."""
        return self.real.script_version(scope, named)

    def operate(self, handle: Handle, act: Act, seen: Progress) -> None:
        """Step, operate, step."""
        self.countdown.step()
        self.real.operate(handle, act, seen)
        self.countdown.step()

    def logs(self, handle: Handle, host: str | None) -> Iterator[tuple[str, str]]:
        """Pass it on."""
        return self.real.logs(handle, host)


@dataclass(slots=True)
class KillingPlatforms:
    """Opens each real platform inside a killing one."""

    real: Platforms
    countdown: Countdown
    opened: dict[str, KillingPlatform] = field(default_factory=dict)

    def __call__(self, entry: PlatformEntry) -> Platform:
        """Return the platform that the policy calls `entry.name`."""
        if entry.name not in self.opened:
            self.opened[entry.name] = KillingPlatform(self.real(entry), self.countdown)
        return self.opened[entry.name]


def main() -> int:
    """Apply the present folder's HEAD, or give an order, and say how many steps it took."""
    countdown = Countdown(chosen=int(sys.argv[1]))
    with compose.world(pathlib.Path()) as real:
        world = dataclasses.replace(
            real,
            journal=KillingJournal(real.journal, countdown),
            platforms=KillingPlatforms(real.platforms, countdown),
        )
        code = _ordered(world, *sys.argv[2:4]) if sys.argv[2:] else _applied(world)
    sys.stdout.write(f"{countdown.passed}\n")
    return code


def _applied(world: World) -> int:
    done = applying.apply(world, world.repository.commit("HEAD"), applying.Options())
    return gravest(item.code for item in done.items)


def _ordered(world: World, act: str, job: str) -> int:
    steering.steer(world, job, steering.Order(act=Act(act), by="tester", reason="because"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
