"""Where the workflows run in tests: a repository with a ledger on a forge, and a runner for it.

    scene.run("jobs-plan.yml", events.proposed(scene.forge, pull))

The runner is a machine of one's own: what the embedded platform has stored is there the next time.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests import site as sites
from tests.actions import running
from tests.forge import double
from tests.reviewed import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.actions.expressions import Evaluator
    from tests.actions.running import Event, Ran
    from tests.forge.double import Double
    from tests.forge.state import Pull

PLAN, APPLY = "jobs-plan.yml", "jobs-apply.yml"
FORGE = """\
forge:
  github:
    repository: {name}
    url: {url}
    token: {{env: GITHUB_TOKEN}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The place of a story."""

    site: sites.Site
    forge: Double
    runner: running.Site

    def run(self, workflow: str, event: Event) -> list[Ran]:
        """Run a workflow for an event."""
        return running.run(self.runner, workflow, event)

    def spec(self, run: int = 1, more: str = "") -> str:
        """Return the text of the spec of the job `count`, with `more` lines at the end."""
        counter = str(self.site.counter)
        return sites.SPEC.format(counter=counter).replace("run: 1", f"run: {run}") + more

    def propose(
        self,
        branch: str = "topic",
        files: Mapping[str, str] | None = None,
        *,
        run: int = 1,
        fork: str = "",
    ) -> Pull:
        """Open a pull request of the author, of a branch here or in somebody's fork."""
        source = self.forge.fork(fork) if fork else ""
        given = files or {"specs/count.yaml": self.spec(run)}
        self.forge.change(branch, given, source=source)
        return self.forge.open("author", branch, source=source)


@contextlib.contextmanager
def open_scene(root: Path, evaluator: Evaluator, *, begun: bool = True) -> Iterator[Scene]:
    """Make a repository on a forge that its policy names, whose ledger has `begun` or not."""
    (root / "site").mkdir()
    site = sites.make(root / "site", remote=True)
    with double.running(root, repository=site.root / "remote.git") as forge:
        policy = (site.repository / "jobgate.yaml").read_text(encoding="utf-8")
        for person in PEOPLE:
            mine = f"{person}: {{emails:"
            policy = policy.replace(mine, f"{person}: {{accounts: {{github: {person}}}, emails:")
        site.write("jobgate.yaml", policy + FORGE.format(name=forge.name, url=forge.url))
        site.commit("Name the forge")
        site.git("push", "-q", "origin", "main")
        if begun:
            ended = site.jobgate("adopt", "--remote", "origin")
            assert ended.code == 0, ended.err
        yield Scene(site=site, forge=forge, runner=_runner(root, site, evaluator))


def _runner(root: Path, site: sites.Site, evaluator: Evaluator) -> running.Site:
    home, programs = root / "home", root / "programs"
    home.mkdir()
    programs.mkdir()
    program = programs / "jobgate"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{sites.HERE}" exec "{sys.executable}" -P -m runner "$@"\n'
    )
    program.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    return running.Site(
        evaluator=evaluator,
        folder=root,
        remote=site.root / "remote.git",
        environment={
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(home),
            "JOBGATE_DATA": str(site.root / "state"),
            "LANG": "C.UTF-8",
            "PATH": path,
            "XDG_CACHE_HOME": str(root / "cache"),
        },
    )
