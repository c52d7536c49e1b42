"""Watching: how jobs come along until they are at rest, and what their hosts print meanwhile.

Nothing is written and nothing is ordered. But a platform in process has nobody else who drives it:
there, whoever looks lets the next hosts and batches begin.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner import handles
from runner.outcomes import Item
from runner.pipeline import following, planning, standing, withholding
from runner.progress import Progress, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.handles import Handle
    from runner.model import Had, PlatformEntry, Policy
    from runner.pipeline.ports import Platform
    from runner.pipeline.world import World

_SHORTEST, _LONGEST = 0.05, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A job as it was seen; `rest` tells how it came to rest, and is None until then."""

    had: Had
    progress: Progress
    rest: Item | None


@dataclass(slots=True, kw_only=True)
class Watch:
    """The jobs that are watched, each with its platform. `here`: some run in process.

    `policy` is the one in force.
    """

    world: World
    policy: Policy
    jobs: tuple[tuple[Had, Platform], ...]
    here: bool

    def sights(self) -> Iterator[tuple[Sight, ...]]:
        """Yield all jobs again and again, until each of them is at rest."""
        seen: dict[str, Sight] = {}
        pause = _SHORTEST
        while True:
            for had, platform in self.jobs:
                if had.job not in seen or seen[had.job].rest is None:
                    seen[had.job] = _sight(had, platform.status(handles.handle(had)))
            yield tuple(seen.values())
            if all(each.rest is not None for each in seen.values()):
                return
            self.world.clock.wait(pause)
            pause = min(pause * 1.5, _LONGEST)

    def printed(self, host: str | None, *, redact: bool = False) -> Iterator[tuple[str, str]]:
        """Yield (host, new lines) as the hosts of the jobs print them; the last line whole or not.

        What a host printed on an earlier try is not new: when it is run again, its log begins anew.
        Raise CheckError where it may not be shown; `redact` as `withholding` has it.
        """
        for had, _ in self.jobs:
            withholding.opened(self.world, had, self.policy, redact=redact)
        tails = [_Tail(platform, handles.handle(had)) for had, platform in self.jobs]
        for sights in self.sights():
            for tail, sight in zip(tails, sights, strict=True):
                for name, text in tail.more(host, last=sight.rest is not None):
                    yield name, self.world.secrets.hidden(text)


def watch(world: World, name: str | None) -> Watch:
    """Return a watch of the job `name`, or of all that are under way."""
    ledger = planning.ledger(world)
    policy = planning.in_force(world, ledger.policy)
    named = [standing.submitted(standing.job_named(ledger, name))] if name else []
    chosen = named or [
        had
        for had in ledger.jobs.values()
        if not name and had.state in standing.UNDER_WAY and had.platform_job is not None
    ]
    return Watch(
        world=world,
        policy=policy,
        jobs=tuple((had, standing.platform_of(world, policy, had)) for had in chosen),
        here=any(_embedded(standing.entry_of(policy, had)) for had in chosen),
    )


def line(sight: Sight) -> str:
    """Return a job's standing in a line."""
    if sight.rest is None:
        return following.told_as(sight.progress)
    return f"{sight.rest.state}: {sight.rest.detail}"


def _embedded(entry: PlatformEntry | None) -> bool:
    return entry is not None and entry.type == "embedded"


def _sight(had: Had, progress: Progress) -> Sight:
    return Sight(had=had, progress=progress, rest=_rest(had, progress))


def _rest(had: Had, progress: Progress) -> Item | None:
    """Return how a job is at rest, with the exit code that it asks for; None while it is not."""
    if progress.status is Status.CONFIRM:
        detail = f"{following.told_as(progress)}; go on with `jobgate resume {had.job}`"
        return Item(job=had.job, state="waits for a person", detail=detail, code=4, key=had.key)
    if progress.status is Status.WAITING:
        detail = "it was not started; `jobgate apply` goes on with it"
        return Item(job=had.job, state="waiting", detail=detail, code=4, key=had.key)
    result = following.result(progress)
    if result is None:
        return None
    code = following.code_of(result)
    return Item(job=had.job, state=result.outcome, detail=result.detail, code=code, key=had.key)


@dataclass(slots=True)
class _Tail:
    """How much of each host's log was told, in characters, and the digest of that."""

    platform: Platform
    handle: Handle
    told: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def more(self, host: str | None, *, last: bool) -> Iterator[tuple[str, str]]:
        """Yield what is new: whole lines, since a character may be cut off; all at the last."""
        for name, text in self.platform.logs(self.handle, host):
            size, digest = self.told.get(name, (0, _digest("")))
            start = size if _digest(text[:size]) == digest else 0
            end = len(text) if last else text.rfind("\n") + 1
            if end > start:
                self.told[name] = (end, _digest(text[:end]))
                yield name, text[start:end]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
