"""Checking many specs beside its peers: `jobgate check`, cold and warm, check-jsonschema, ajv-cli.

`python -m tests.bench.check [--count 1000] [--rounds 3]`. All run on the same files and the same
schema, each round in turn. The peers parse and validate, and render nothing. check-jsonschema
runs twice: as pip installs it by itself, with a parser in pure Python, and with the C parser that
jobgate brings along. Prints for each the median, how many times faster it is than the first, round
by round, and the most memory that its processes had at one moment.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench import specs
from tests.node import peers

SCHEMA = peers.SCHEMAS / "job-spec.v1.json"
ALONE = "check-jsonschema"
_PAUSE = 0.05  # seconds between two looks at the memory
# What a machine has on which pip installed check-jsonschema and nothing else.
_ALONE = "import sys; sys.modules['_ruamel_yaml'] = None; from check_jsonschema import main; main()"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: wall seconds, and the peak memory of all its processes in MiB."""

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
        start_new_session=True,
    )
    most: list[float] = [0]
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, most, ended))
    watch.start()
    code = process.wait()
    seconds = time.perf_counter() - begun
    ended.set()
    watch.join()
    if code:
        message = f"{argv[0]} ended with {code}"
        raise RuntimeError(message)
    return Run(seconds=seconds, memory=max(most))


def _watch(session: int, most: list[float], ended: threading.Event) -> None:
    while not ended.wait(_PAUSE):
        most.append(sum(map(_memory, _members(session))))


def _members(session: int) -> list[Path]:
    """Return the processes of a session."""
    found: list[Path] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found.append(process)
    return found


def _memory(process: Path) -> float:
    """Return the MiB of a process, of what it shares with others its share."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def commands(folder: Path) -> dict[str, list[str]]:
    """Return the command line of each competitor, by its name; the two of jobgate are the same."""
    files = sorted(
        str(path.relative_to(folder))
        for path in (folder / "specs").rglob("*.yaml")
        if path.name != "vars.yaml"
    )
    ours = [sys.executable, "-m", "runner", "check", "-C", str(folder)]
    wants = ["--schemafile", str(SCHEMA), *files]
    ajv = str(peers.MODULES / "ajv-cli" / "dist" / "index.js")
    return {
        ALONE: [sys.executable, "-c", _ALONE, *wants],
        "  with the C parser": [str(Path(sys.executable).with_name(ALONE)), *wants],
        "ajv-cli": [
            *(peers.node(), ajv, "validate", "--spec=draft2020"),
            *("-s", str(SCHEMA), "-d", "specs/**/job-*.yaml"),
        ],
        "jobgate, cold": ours,
        "jobgate, warm": ours,
    }


def measured(folder: Path, rounds: int) -> dict[str, list[Run]]:
    """Return the runs of every command, in turn, the cache removed before each cold one."""
    argvs = commands(folder)
    runs: dict[str, list[Run]] = {name: [] for name in argvs}
    for _ in range(rounds):
        shutil.rmtree(folder.parent / "cache", ignore_errors=True)
        for name, argv in argvs.items():
            runs[name].append(timed(argv, folder))
    return runs


def main() -> None:
    """Make the specs, measure, and print a line a command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    peers.install()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "specs"
        specs.write(folder, specs.Size(count=asked.count))
        for words in (("init", "-q"), ("add", "-A")):
            subprocess.run(("git", *words), cwd=folder, check=True)
        runs = measured(folder, asked.rounds)
    for name, own in runs.items():
        ratio = statistics.median(
            peer.seconds / mine.seconds for mine, peer in zip(own, runs[ALONE], strict=True)
        )
        seconds = statistics.median(run.seconds for run in own)
        memory = max(run.memory for run in own)
        sys.stdout.write(f"{name:20} {seconds:8.2f} s  {ratio:6.1f} x  {memory:6.0f} MiB\n")


if __name__ == "__main__":
    main()
