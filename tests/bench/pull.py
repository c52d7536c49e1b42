"""The plan of a pull request beside its peer: what the plan workflow does in a large repository.

`python -m tests.bench.pull [--specs 10000] [--changed 10] [--rounds 3]`. The repository has a
ledger on a remote, owners, and a forge that answers on this machine; a pull request of it changes
some specs. Measured are the workflow's own commands: a check of what the pull request brings, and
its plan as a comment and a commit status; and a plan by itself. The peer imports the libraries of
jobgate, and lets git tell what differs. Prints seconds, and how many times the peer's a plan takes
(under 3); exits with 1 when the workflow's commands take 3 s.

`--grow 1000,10000,100000` measures the plan at several sizes instead (within 1.5 times the first).
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests import site as sites
from tests.bench import specs
from tests.forge import double

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.forge.double import Double
    from tests.site import Site

BASE, HEAD = "origin/main", "topic"
PEER = "import click, jinja2, ruamel.yaml"
_SECONDS, _TIMES, _GROWTH = 3.0, 3.0, 1.5
_POLICY = """\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local:
    type: embedded
    paths: ["specs/**"]
forge:
  github: {{repository: {repository}, url: "{url}", token: {{env: {variable}}}}}
people:
  author: {{accounts: {{github: author}}, emails: [author@example.org], keys: ["{author}"]}}
  reviewer: {{accounts: {{github: reviewer}}, emails: [reviewer@example.org], keys: ["{reviewer}"]}}
clauses:
  - name: everything
    when: {{paths: ["**"]}}
    approvals: {{count: 1, from: [author, reviewer]}}
  - name: owners
    when: {{paths: ["specs/**"]}}
    approvals: {{owners: true}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The seconds of one round: of the peer, of git's part in it, and of each command."""

    peer: float
    check: float
    plan: float
    publish: float

    @property
    def whole(self) -> float:
        """Return the seconds of the workflow's own work."""
        return self.check + self.publish

    @property
    def times(self) -> float:
        """Return how many times the peer's seconds a plan takes."""
        return self.plan / self.peer


def main() -> None:
    """Measure, and print a line a round and one for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--specs", type=int, default=10_000)
    parser.add_argument("--changed", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--grow", type=lambda text: [int(each) for each in text.split(",")])
    asked = parser.parse_args()
    sizes = asked.grow or [asked.specs]
    taken = {count: _measured(count, asked.changed, asked.rounds) for count in sizes}
    kept = _grown(taken) if asked.grow else _told(taken[asked.specs], asked.specs, asked.changed)
    sys.exit(0 if kept else 1)


def _told(taken: list[Figures], count: int, changed: int) -> bool:
    whole = statistics.median(each.whole for each in taken)
    times = statistics.median(each.times for each in taken)
    kept = whole < _SECONDS
    missed = "" if times < _TIMES else ", which is missed"
    sys.stdout.write(
        f"a pull request of {changed} among {count} specs: {whole:.2f} s in all "
        f"(under {_SECONDS:.0f}), its plan {times:.1f} times the peer "
        f"(under {_TIMES:.0f}{missed}){'' if kept else '  MISSED'}\n"
    )
    return kept


def _grown(taken: dict[int, list[Figures]]) -> bool:
    plans = {count: statistics.median(each.plan for each in of) for count, of in taken.items()}
    first = next(iter(plans.values()))
    kept = all(each < _GROWTH * first for each in plans.values())
    told = ", ".join(f"{count} specs {each:.2f} s" for count, each in plans.items())
    sys.stdout.write(f"plans: {told} (within {_GROWTH} times){'' if kept else '  MISSED'}\n")
    return kept


def _measured(count: int, changed: int, rounds: int) -> list[Figures]:
    with tempfile.TemporaryDirectory() as scratch, pulled(Path(scratch), count, changed) as site:
        return [_round(site) for _ in range(rounds)]


def _round(site: Site) -> Figures:
    figures = Figures(
        peer=_timed(site, sys.executable, "-c", PEER)
        + _timed(site, "git", "diff", "--name-only", f"{BASE}...{HEAD}"),
        check=_ours(site, "check", "--rev", HEAD, "--base", BASE),
        plan=_ours(site, "plan", "--head", HEAD, "--base", BASE, "--format", "json"),
        publish=_ours(site, "publish", "--pull", "1", "--head", HEAD, "--base", BASE),
    )
    sys.stdout.write(
        f"peer {figures.peer:.2f} s, check {figures.check:.2f} s, plan {figures.plan:.2f} s, "
        f"publish {figures.publish:.2f} s\n"
    )
    return figures


def _ours(site: Site, *words: str) -> float:
    return _timed(site, sys.executable, "-m", "runner", *words)


def _timed(site: Site, *argv: str) -> float:
    """Run a command in the repository; it must succeed. Return its seconds."""
    environment = site.environment() | {
        "PYTHONPATH": str(sites.HERE),
        double.VARIABLE: double.WORD,
    }
    begun = time.perf_counter()
    done = subprocess.run(
        argv, cwd=site.repository, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr}")
    return seconds


# ---------------------------------------------------------------- the repository


@contextlib.contextmanager
def pulled(root: Path, count: int, changed: int) -> Iterator[Site]:
    """Make a repository of so many specs, with a ledger, and a pull request that changes some."""
    site = sites.make(root, remote=True)
    with double.running(root, repository=root / "remote.git") as forge:
        _adopt(site, forge, count)
        _change(site, count, changed)
        site.git("push", "-q", "origin", HEAD)
        site.git("fetch", "-q", "origin")
        forge.approve(forge.open(sites.AUTHOR, HEAD), sites.REVIEWER)  # the first, so number 1
        yield site


def _adopt(site: Site, forge: Double, count: int) -> None:
    keys = {
        name: (site.root / f"{name}.pub").read_text().strip()
        for name in (sites.AUTHOR, sites.REVIEWER)
    }
    specs.write(site.repository, specs.Size(count=count))
    site.write(
        "jobgate.yaml",
        _POLICY.format(url=forge.url, repository=forge.name, variable=double.VARIABLE, **keys),
    )
    site.write("CODEOWNERS", "/specs/ @reviewer\n/specs/team-001/ @author @reviewer\n")
    site.commit("Write many")
    site.git("push", "-q", "origin", "main")
    ended = site.jobgate("adopt", "--remote", "origin")
    if ended.code:
        raise RuntimeError(f"the adoption ended with {ended.code}: {ended.err}")


def _change(site: Site, count: int, changed: int) -> None:
    site.git("checkout", "-q", "-b", HEAD)
    for number in range(0, count, max(1, count // changed))[:changed]:
        path = f"specs/team-{number // specs.TEAM:03}/job-{number:05}.yaml"
        site.edit(path, "  run: 1\n", "  run: 2\n")
    site.commit("Run some again")


if __name__ == "__main__":
    main()
