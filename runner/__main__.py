"""The way in: `python -m runner` and the console script `jobgate`."""

from __future__ import annotations

import sys

from runner.cli import program


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(program.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
