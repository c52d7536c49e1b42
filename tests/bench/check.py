"""Checking many specs beside a peer: `jobgate check`, cold and warm, against check-jsonschema.

`python -m tests.bench.check [--count 1000] [--rounds 3]`. All run on the same files and the same
schema, each round in turn; check-jsonschema parses and validates, and renders nothing. Prints the
median of each, how many times faster than the peer it is round by round, and its peak memory.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench import specs

SCHEMA = Path(__file__).parents[2] / "schemas" / "job-spec.v1.json"
PEER = "check-jsonschema"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: wall seconds, and the peak memory of its largest process in MiB."""

    seconds: float
    memory: float


def timed(argv: list[str], folder: Path) -> Run:
    """Run a command in `folder` with a cache of its own; it must find nothing wrong."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=os.environ | {"XDG_CACHE_HOME": str(folder.parent / "cache")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    if process.returncode:
        message = f"{argv[0]} ended with {process.returncode}"
        raise RuntimeError(message)
    return Run(seconds=seconds, memory=usage.ru_maxrss / 1024)


def measured(folder: Path, rounds: int) -> dict[str, list[Run]]:
    """Return the runs of every command, in turn, the cache removed before each cold one."""
    files = sorted(
        str(path) for path in (folder / "specs").rglob("*.yaml") if path.name != "vars.yaml"
    )
    peer = [str(Path(sys.executable).with_name(PEER)), "--schemafile", str(SCHEMA), *files]
    ours = [sys.executable, "-m", "runner", "check", "-C", str(folder)]
    runs: dict[str, list[Run]] = {PEER: [], "jobgate, cold": [], "jobgate, warm": []}
    for _ in range(rounds):
        shutil.rmtree(folder.parent / "cache", ignore_errors=True)
        runs[PEER].append(timed(peer, folder))
        runs["jobgate, cold"].append(timed(ours, folder))
        runs["jobgate, warm"].append(timed(ours, folder))
    return runs


def main() -> None:
    """Make the specs, measure, and print a line a command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "specs"
        specs.write(folder, specs.Size(count=asked.count))
        for words in (("init", "-q"), ("add", "-A")):
            subprocess.run(("git", *words), cwd=folder, check=True)
        runs = measured(folder, asked.rounds)
    for name, own in runs.items():
        ratio = statistics.median(
            peer.seconds / mine.seconds for mine, peer in zip(own, runs[PEER], strict=True)
        )
        seconds = statistics.median(run.seconds for run in own)
        memory = max(run.memory for run in own)
        sys.stdout.write(f"{name:18} {seconds:8.2f} s  {ratio:6.1f} x  {memory:6.0f} MiB\n")


if __name__ == "__main__":
    main()
