"""Many hosts beside its peer: one job through the engine, against `xargs -P` with the same script.

`python -m tests.bench.hosts [--count 1000] [--rounds 3]`. Both run as many at a time, and leave a
file of output a host; the engine also keeps each run's claim, exit code and state, so that none is
lost or run twice whatever dies. Whoever asks for the status drives the job, without a pause.
Prints for each the median, and for the engine how many times as long it took, round by round; the
goal is a ratio under 2.5.
"""

from __future__ import annotations

import argparse
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from runner.progress import Status
from runner.server import inventory
from runner.server.engine import Engine, Pace
from runner.server.fleet import Fleet
from runner.server.hosts.local import Local
from runner.server.store import Store
from tests import serving

SCRIPT = "echo hello\n"
GOAL = 2.5


def peer(folder: Path, count: int, parallel: int) -> float:
    """Return the seconds that xargs takes, with an output file a host."""
    (folder / "out").mkdir(parents=True)
    (folder / "script").write_text(SCRIPT)
    output = f'exec bash {shlex.quote(str(folder / "script"))} > "$0" 2>&1'
    begun = time.perf_counter()
    subprocess.run(
        ["xargs", "-P", str(parallel), "-n", "1", "sh", "-c", output],
        input="".join(f"{number}\n" for number in range(count)),
        text=True,
        cwd=folder / "out",
        check=True,
    )
    seconds = time.perf_counter() - begun
    _check(len(list((folder / "out").iterdir())) == count)
    return seconds


def engine(folder: Path, count: int) -> float:
    """Return the seconds from the create of a job on so many hosts until its end is known."""
    user = inventory.own_user()
    built = inventory.built_in(user)
    hosts = tuple(
        replace(built.hosts[1], id=number, ip=f"10.0.{number // 250}.{number % 250}")
        for number in range(1, count + 1)
    )
    known = replace(
        built,
        hosts={host.id: host for host in hosts},
        addresses={(host.cloud, host.ip): host for host in hosts},
    )
    local = Local(user=user.name, home=user.home)
    fleet = Fleet(folder=folder / "runs", connections={"local": local})
    with closing(Engine(Store(folder), lambda: known, fleet)) as served:
        begun = time.perf_counter()
        job = serving.create(served, serving.body(SCRIPT, hosts=range(1, count + 1))).job
        while not (now := served.status(job)).finished:
            continue
        seconds = time.perf_counter() - begun
        _check(now.status is Status.SUCCEEDED)
        _check(sum(text == "hello\n" for _, text in served.logs(job, None)) == count)
    return seconds


def _check(good: object) -> None:
    if not good:
        message = "not every host has run the script"
        raise RuntimeError(message)


def main() -> None:
    """Run both in turn, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    parallel = Pace().parallel
    peers, own = [], []
    # Removed together at the end: ext4 is slow to make files where many have just been deleted.
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(asked.rounds):
            peers.append(peer(Path(scratch) / f"peer{number}", asked.count, parallel))
            own.append(engine(Path(scratch) / f"engine{number}", asked.count))
    ratio = statistics.median(mine / other for mine, other in zip(own, peers, strict=True))
    sys.stdout.write(f"xargs -P{parallel:<12} {statistics.median(peers):8.2f} s\n")
    sys.stdout.write(f"engine{'':15} {statistics.median(own):8.2f} s  {ratio:5.2f} x\n")
    if ratio > GOAL:
        sys.exit(1)


if __name__ == "__main__":
    main()
