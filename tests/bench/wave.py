"""A wave of many jobs beside the bare HTTP calls that it makes: `jobgate apply` on a real server.

`python -m tests.bench.wave [--jobs 1000] [--rounds 1]`. Each round has a repository of its own,
with as many approved jobs, whose scripts end at once, and one `jobgate serve`. The peer makes the
same calls through as many kept connections, with urllib3, and does nothing else: for each job a
create, two looks, one at what was frozen, a start, and looks until it has ended. Prints how many
journal commits the wave made (at most 6), what a job cost beyond the peer (under 5 ms), and the
most memory that the apply had (under 200 MiB). A wave begins when it is known what may run: the
start, the plan and the verdicts on it are what `jobgate plan` does, and its time is taken off; what
a job cost with them is printed, too. Exits with 1 when one of the bounds is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner import narrow
from runner.cli import compose
from runner.pipeline import approving, planning
from tests import farsites, webserver
from tests import site as sites
from tests.bench import bare

if TYPE_CHECKING:
    from tests.site import Site
    from tests.webserver import Web

SPEC = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata: {{name: job-{number:05}, description: One of many, run: 1}}
script: {{language: shell, content: ":"}}
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: operator
  timeout: 60
  execute_target: {{host_list: [{{bk_cloud_id: 0, ip: 127.0.0.1}}]}}
"""
_COMMITS, _MILLISECONDS, _MEBIBYTES = 6, 5.0, 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one round gave: seconds of a plan and of both, journal commits, memory in MiB."""

    jobs: int
    planned: float
    applied: float
    bare: float
    commits: int
    memory: float

    @property
    def beyond(self) -> float:
        """Return the milliseconds that a job of the wave cost beyond its calls."""
        return 1000 * (self.applied - self.planned - self.bare) / self.jobs

    @property
    def whole(self) -> float:
        """Return the milliseconds that a job cost beyond its calls, the plan included."""
        return 1000 * (self.applied - self.bare) / self.jobs


def main() -> None:
    """Measure, and print a line a round and one for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    taken = [_round(asked.jobs) for _ in range(asked.rounds)]
    beyond = statistics.median(each.beyond for each in taken)
    whole = statistics.median(each.whole for each in taken)
    commits = max(each.commits for each in taken)
    memory = max(each.memory for each in taken)
    kept = commits <= _COMMITS and beyond < _MILLISECONDS and memory < _MEBIBYTES
    sys.stdout.write(
        f"a wave of {asked.jobs} jobs: {commits} journal commits (at most {_COMMITS}), "
        f"{beyond:.2f} ms a job beyond the calls (under {_MILLISECONDS:.0f}; "
        f"{whole:.2f} with the plan), "
        f"{memory:.0f} MiB (under {_MEBIBYTES:.0f}){'' if kept else '  MISSED'}\n"
    )
    sys.exit(0 if kept else 1)


def _round(jobs: int) -> Figures:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "server"
        folder.mkdir()
        web = webserver.made(folder)
        web.begin()
        try:
            site = _approved(Path(scratch) / "site", web, jobs)
            before = _commits(site)
            planned = _planned(site)
            applied, memory = _applied(site, jobs)
            figures = Figures(
                jobs=jobs,
                planned=planned,
                applied=applied,
                bare=_bare(web, jobs),
                commits=_commits(site) - before,
                memory=memory,
            )
        finally:
            web.end()
    sys.stdout.write(
        f"plan {figures.planned:.2f} s, apply {figures.applied:.2f} s, "
        f"bare calls {figures.bare:.2f} s, {figures.commits} commits, {figures.memory:.0f} MiB\n"
    )
    return figures


def _approved(root: Path, web: Web, jobs: int) -> Site:
    """Make a site with so many jobs, each approved."""
    site = farsites.adopted(root, web.url)
    for number in range(jobs):
        site.write(f"specs/many/job-{number:05}.yaml", SPEC.format(number=number))
    head = site.commit("Run many")
    with compose.world(site.repository) as world:
        planned = planning.planned(world, world.repository.commit(head))
        lasts = approving.term(world, planned.in_force, None)
        for change in planned.plan.changes:
            approval = approving.approval(world, planned, change, sites.REVIEWER, lasts)
            key = str(root / sites.REVIEWER)
            approving.sign(world, planned.in_force, approval, key)
    return site


def _planned(site: Site) -> float:
    """Plan as a process of its own; return its seconds."""
    begun = time.perf_counter()
    process = site.spawn("plan", "--format", "json")
    process.communicate()
    if process.returncode:
        raise RuntimeError(f"the plan ended with {process.returncode}")
    return time.perf_counter() - begun


def _applied(site: Site, jobs: int) -> tuple[float, float]:
    """Apply as a process of its own; return its seconds and the most MiB that it had."""
    begun = time.perf_counter()
    process = site.spawn(
        *("apply", "--parallel", str(jobs), "--format", "json"),
        **{farsites.VARIABLE: webserver.WORD},
    )
    out, err = process.stdout, process.stderr
    if out is None or err is None:
        raise RuntimeError("an apply without streams")
    # What it tells of each job would fill a pipe that nobody reads.
    threading.Thread(target=err.read, daemon=True).start()
    said = out.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    states = [narrow.text(each, "state") for each in narrow.items(json.loads(said), "items")]
    if process.returncode or states.count("succeeded") != jobs:
        raise RuntimeError(f"the apply ended with {process.returncode}")
    return seconds, used.ru_maxrss / 1024


def _bare(web: Web, jobs: int) -> float:
    """Make the same calls by themselves, in a process of its own; return its seconds."""
    begun = time.perf_counter()
    subprocess.run(
        (sys.executable, "-m", bare.__name__, web.url, str(jobs)), cwd=webserver.HERE, check=True
    )
    return time.perf_counter() - begun


def _commits(site: Site) -> int:
    return int(site.git("rev-list", "--count", "refs/heads/jobgate-journal"))


if __name__ == "__main__":
    main()
