"""Two clones of one repository that apply the same commit at the same time: each job runs once.

`python -m tests.faults.clones [--runs 200] [--folder DIR]`. Nothing goes wrong here but that there
are two of them, as when a pipeline is run twice: two real applies, each in a clone of its own, on
one bare remote and one server.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from runner import narrow
from runner.model import Kind
from tests.faults import ground, invariants, proxy
from tests.faults.campaign import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.ground import Crew, Ground, Place

WORKERS = 2  # pairs at a time
_ONCE = (Kind.INTENDED, Kind.CREATED, Kind.STARTING, Kind.STARTED, Kind.ENDED)


def clones(folder: Path, runs: int, workers: int = WORKERS) -> Tally:
    """Let so many pairs apply, and return what came of it; what failed stays in the folder."""
    tally = Tally()
    with ground.Ground(folder) as made, ThreadPoolExecutor(workers) as pool:
        shares = [
            pool.submit(_worked, made, range(worker, runs, workers)) for worker in range(workers)
        ]
        for share in shares:
            tally.faults += share.result().faults
            tally.counts += share.result().counts
    return tally


def _worked(made: Ground, numbers: range) -> Tally:
    """Let the pairs of these numbers apply, one after another."""
    tally = Tally()
    crew = ground.Crew(made)
    for number in numbers:
        place = made.place(f"pair-{number:05}")
        codes = _applied(made, crew, place)
        found = [*_faults(made, place), *(f"an apply ends with {each}" for each in codes if each)]
        tally.faults += [f"{place.folder.name}: {each}" for each in found]
        for line in invariants.account(place):
            if narrow.text(line, "what") == "server":
                tally.counts[f"`{narrow.text(line, 'name')}`"] += 1
        if not found:
            shutil.rmtree(place.folder, ignore_errors=True)
    return tally


def _applied(made: Ground, crew: Crew, place: Place) -> list[int | None]:
    """Apply in both clones at once, and return the exit codes."""
    name = place.folder.name
    made.follow(place, 0)
    made.landed(name)
    both = [crew.apply(place, clone, calm=True) for clone in ground.CLONES]
    return [crew.waited(each) for each in both]


def _faults(made: Ground, place: Place) -> Iterator[str]:
    """Each job has gone through each step once, and one start of it was taken."""
    yield from invariants.faults(place, made.ran())
    lines, entries = invariants.account(place), invariants.journal(place).all
    steps = Counter((entry.job, entry.kind) for entry in entries)
    for job in made.effects[0]:
        for kind in _ONCE:
            if steps[job, kind] != 1:
                yield f"{job} has {steps[job, kind]} entries `{kind.value}`"
    taken = sum(
        narrow.boolean(line, "said", "result", default=False)
        for line in lines
        if (narrow.text(line, "what"), narrow.text(line, "name")) == ("server", proxy.START)
    )
    if taken != len(made.effects[0]):
        yield f"{taken} starts were taken"


def main() -> int:
    """Let pairs apply, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--workers", type=int, default=WORKERS, help="pairs at a time")
    parser.add_argument("--folder", type=Path, help="an empty folder to keep in what failed")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        done = clones(options.folder or Path(temporary), options.runs, options.workers)
    for fault in done.faults:
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(
        f"{options.runs} pairs, {len(done.faults)} faults, {time.monotonic() - begun:.0f} s; "
        f"{done.told()}\n"
    )
    return 1 if done.faults else 0


if __name__ == "__main__":
    sys.exit(main())
