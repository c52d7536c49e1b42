"""Runners that are killed, and a network that fails: each approved job has run once in the end.

`python -m tests.faults.campaign [--runs 2000] [--seed 7] [--folder DIR]`. A run is a copy of one
repository with two approved jobs. Two or three real applies at a time work on it, in two clones,
through a proxy that loses, delays, doubles and garbles every third call; they are killed with
SIGKILL or stopped and continued at moments drawn from the seed, and in some runs the branch moves
meanwhile. Somebody starts jobs behind their back now and then, plants one with a key of theirs, or
cuts a script off. Then applies without faults follow until all is at rest; what is unknown is
reconciled, and a person who counts decides what no platform can tell. What happened is held against
the proxy's account, the journal and the files that the scripts write. Each job is given a secret,
of which nothing that a runner wrote may have a trace.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runner import narrow
from tests.campaign.kills import Chance
from tests.faults import canary, ground, invariants, proxy, settling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import JobId
    from tests.faults.ground import Crew, Ground, Place

ROUNDS = 2  # waves of runners, at most
LATEST = 1.2  # seconds after which something is done to a runner at the latest
LONGEST = 1.0  # seconds for which a runner is stopped
EXPECTED = {0, 4, 6, 7, 8, 9, 10, -signal.SIGKILL}  # how a runner may end
PLANTED = 10  # in one run of so many somebody has planted a job
DEEDS = ("killed", "killed with its children", "stopped", "left")
ATTEMPTS = 8  # applies without faults after which all must be at rest
MOST = 6  # submissions of a run that can be unknown: each job's first, its second, and anew
WORKERS = 4  # runs at a time


@dataclass(slots=True)
class Tally:
    """What came of some runs: what does not hold, and how often what happened."""

    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        """Return how often what happened, in one line."""
        return ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))


@dataclass(slots=True)
class Run:
    """One run: a place, chance, and the tally that it adds to."""

    ground: Ground
    crew: Crew
    place: Place
    chance: Chance
    tally: Tally
    moved: bool = False
    planted: int = 0

    @property
    def name(self) -> str:
        """Return the name of the run."""
        return self.place.folder.name

    def through(self) -> None:
        """Let runners work and be disturbed, come to rest, and judge."""
        self.ground.follow(self.place, self.chance.number(1, 2**40))
        if self.chance.number(1, PLANTED) == 1:
            name = ground.NAMES[self.chance.number(0, 1)]
            self.planted = settling.planted(self.ground, self.place, name)
            self.tally.counts["planted"] += 1
        for _ in range(self.chance.number(1, ROUNDS)):
            self._together()
        self.ground.landed(self.name)
        desk = settling.Desk(self.ground, self.crew, self.place)
        self._rest()
        while desk.settled() and len(desk.met) <= MOST and not desk.faults:
            self._rest()
        self._judge(desk)

    def _together(self) -> None:
        """Begin two or three runners, and do something to each of them."""
        deeds: list[tuple[float, str, int]] = []
        living: set[int] = set()
        for _ in range(self.chance.number(2, 3)):
            clone = ground.CLONES[self.chance.number(0, 1)]
            pid = self.crew.apply(self.place, clone)
            living.add(pid)
            moment = self.chance.uniform(LATEST)
            deed = DEEDS[self.chance.number(0, len(DEEDS) - 1)]
            deeds.append((moment, deed, pid))
            if deed == "stopped":
                deeds.append((moment + self.chance.uniform(LONGEST), "continued", pid))
        if self.chance.number(1, 3) == 1 and not self.moved:
            deeds.append((self.chance.uniform(LATEST), "moved", 0))
        self._done(sorted(deeds))
        for pid in living:
            code = self.crew.waited(pid)
            if code is None:
                self.tally.faults.append(f"{self.name}: a runner does not end")
                os.kill(pid, signal.SIGKILL)
            elif code not in EXPECTED:
                self.tally.faults.append(f"{self.name}: a runner ends with {code}")
            self.tally.counts[f"ended with {code}"] += 1

    def _done(self, deeds: list[tuple[float, str, int]]) -> None:
        begun = time.monotonic()
        numbers = {
            "killed": signal.SIGKILL,
            "stopped": signal.SIGSTOP,
            "continued": signal.SIGCONT,
        }
        for moment, deed, pid in deeds:
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            self.tally.counts[deed] += 1
            if deed == "moved":
                self.place.moves()
                self.moved = True
            elif deed == "killed with its children":
                _killed_whole(pid)
            elif deed in numbers:
                # A runner that has ended waits to be asked for: its number is nobody else's.
                os.kill(pid, numbers[deed])

    def _rest(self) -> None:
        """Apply without faults until nothing is left to do."""
        for attempt in range(1, ATTEMPTS + 1):
            pid = self.crew.apply(self.place, ground.CLONES[attempt % 2], calm=True)
            code = self.crew.waited(pid)
            if code in {0, 7, 8} and not invariants.open_still(self.place, self._effects()):
                self.tally.counts[f"at rest after {attempt}"] += 1
                return
        self.tally.faults.append(f"{self.name}: it does not come to rest")

    def _effects(self) -> dict[JobId, str]:
        return self.ground.effects[1 if self.moved else 0]

    def _judge(self, desk: settling.Desk) -> None:
        found = [*desk.faults, *invariants.faults(self.place, self.ground.ran())]
        found += self._strays(desk)
        # The proxy's account is the platform's: it has what the platform was sent.
        found += canary.traces(
            self.ground.word, canary.written(self.place.folder, (self.place.account,))
        )
        self.tally.faults += [f"{self.name}: {each}" for each in found]
        for line in invariants.account(self.place):
            if fault := narrow.text(line, "fault"):
                self.tally.counts[f"`{fault}`"] += 1
            if narrow.text(line, "what") == "foul":
                self.tally.counts[f"`{narrow.text(line, 'name')}`"] += 1
        for entry in invariants.journal(self.place).all:
            if entry.kind.value in {"unknown", "refused"}:
                self.tally.counts[f"noted as {entry.kind.value}"] += 1
        self.tally.counts["runs with unknown"] += bool(desk.met)
        self.tally.counts += Counter(f"unknown {how}" for how in desk.met.values())

    def _strays(self, desk: settling.Desk) -> Iterator[str]:
        """What somebody started with a key of ours, and is nobody's `created`, has to be shown."""
        lines = invariants.account(self.place)
        made = invariants.created(invariants.journal(self.place).all)
        began = invariants.fouled(lines, proxy.FOULS[0]) - made.keys()
        began |= {self.planted} - {0}
        if began:
            shown = desk.shown()
            yield from (f"job {job} was started, and is not shown" for job in began - shown)


def _killed_whole(pid: int) -> None:
    """Kill a runner, and with it whatever it has begun."""
    os.kill(pid, signal.SIGSTOP)  # it begins nothing more while its children are looked for
    for each in (pid, *_below(pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def _below(pid: int) -> Iterator[int]:
    """Yield the processes that a process has begun, and those that they have."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text("ascii").split()):
                yield child
                yield from _below(child)


def campaign(folder: Path, runs: int, seed: int, workers: int = WORKERS) -> Tally:
    """Carry out so many runs, and return what came of them; what failed stays in the folder."""
    tally = Tally()
    with ground.Ground(folder) as made, ThreadPoolExecutor(workers) as pool:
        shares = [
            pool.submit(_worked, made, range(worker, runs, workers), seed)
            for worker in range(workers)
        ]
        for share in shares:
            tally.faults += share.result().faults
            tally.counts += share.result().counts
        for name in ("template", "state", "cache"):
            tally.faults += canary.traces(made.word, canary.written(made.folder / name))
    return tally


def _worked(made: Ground, numbers: range, seed: int) -> Tally:
    """Carry out the runs of these numbers, one after another."""
    tally = Tally()
    crew = ground.Crew(made)
    for number in numbers:
        place = made.place(f"run-{number:05}")
        before = len(tally.faults)
        Run(made, crew, place, Chance(seed * 1_000_003 + number), tally).through()
        if len(tally.faults) == before:
            shutil.rmtree(place.folder, ignore_errors=True)
    return tally


def main() -> int:
    """Run a campaign, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=WORKERS, help="runs at a time")
    parser.add_argument("--folder", type=Path, help="an empty folder to keep in what failed")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = options.folder or Path(temporary)
        done = campaign(folder, options.runs, options.seed, options.workers)
    for fault in done.faults:
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(
        f"seed {options.seed}: {options.runs} runs, {len(done.faults)} faults, "
        f"{time.monotonic() - begun:.0f} s; {done.told()}\n"
    )
    return 1 if done.faults else 0


if __name__ == "__main__":
    sys.exit(main())
