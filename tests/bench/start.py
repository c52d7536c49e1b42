"""Start-up beside its peer: `jobgate --version` and `--help` against `python -c "import click"`.

Each round times every command once, in turn, so that a slow moment of the machine hits all alike.
Prints medians and ratios; the goal is a ratio under 2.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
PEER = 'python -c "import click"'
COMMANDS = {
    PEER: [sys.executable, "-c", "import click"],
    "jobgate --version": [sys.executable, "-m", "runner", "--version"],
    "jobgate --help": [sys.executable, "-m", "runner", "--help"],
}


def measured() -> dict[str, list[float]]:
    """Return the wall times of every command, in seconds, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(ROUNDS + 1):
        for name, argv in COMMANDS.items():
            begun = time.perf_counter()
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
            if number:
                times[name].append(time.perf_counter() - begun)
    return times


def main() -> None:
    """Print a line a command: its median, and the median ratio to the peer round by round."""
    times = measured()
    for name, own in times.items():
        ratio = statistics.median(mine / peer for mine, peer in zip(own, times[PEER], strict=True))
        milliseconds = statistics.median(own) * 1000
        sys.stdout.write(f"{name:28} {milliseconds:7.1f} ms  {ratio:5.2f} x\n")


if __name__ == "__main__":
    main()
