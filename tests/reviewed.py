"""A site beside a forge: pull requests are opened, reviewed and merged there, and judged here."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli import compose
from runner.model import JobId
from runner.pipeline import consent, planning
from tests import site as sites
from tests.forge import double

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.evidence import Evidence, Review
    from runner.model import Change, Ledger, Policy
    from runner.pipeline.world import World
    from runner.verdicts import Verdict
    from tests.forge.double import Double
    from tests.forge.state import Pull

COUNT = JobId("local/count")
PEOPLE = "author", "reviewer"


@dataclass(slots=True, kw_only=True)
class Desk:
    """A place where a reviewer's word is looked at. `policy` is in force, and names the forge."""

    site: sites.Site
    forge: Double

    def spec(self, run: int = 1) -> str:
        """Return the text of the spec of the job `count`."""
        counter = str(self.site.counter)
        return sites.SPEC.format(counter=counter).replace("run: 1", f"run: {run}")

    def propose(
        self, branch: str = "topic", run: int = 1, more: Mapping[str, str] | None = None
    ) -> Pull:
        """Open a pull request of the author that adds or changes the job, with `more` files."""
        self.forge.change(branch, {"specs/count.yaml": self.spec(run), **(more or {})})
        return self.forge.open("author", branch)

    def pull(self) -> str:
        """Bring the working tree to the forge's branch, and return the commit."""
        self.site.git("fetch", "-q", "origin", "main")
        self.site.git("reset", "-q", "--hard", "origin/main")
        return self.site.git("rev-parse", "HEAD")

    def fetch(self, branch: str) -> str:
        """Fetch a branch, and return its tip."""
        self.site.git("fetch", "-q", "origin", branch)
        return self.site.git("rev-parse", "FETCH_HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one process finds out about one change."""

    change: Change
    evidence: Evidence
    verdict: Verdict

    @property
    def reviews(self) -> tuple[Review, ...]:
        """Return the reviews that were gathered."""
        return self.evidence.reviews


def with_forge(world: World, have: Ledger, forge: Double) -> Policy:
    """Return the policy in force, with the forge in it."""
    return replace(planning.in_force(world, have.policy), forge=forge.entry)


def look(desk: Desk, head: str, job: JobId = COUNT) -> Look:
    """Judge what `head` makes of a job, as `plan` does."""
    with opened(desk) as world:
        have = planning.ledger(world)
        policy = with_forge(world, have, desk.forge)
        planned = planning.planned(world, world.repository.commit(head))
        change = next(each for each in planned.plan.changes if each.job == job)
        found, _ = consent.evidence(world, [change], have, policy, planned.plan.head)[job]
        said = planning.verdicts(world, [change], have, policy, planned.plan.head)
        return Look(change=change, evidence=found, verdict=said[job][0])


@contextlib.contextmanager
def opened(desk: Desk) -> Iterator[World]:
    """Open the site's repository with everything around it, the forge's token included."""
    given = desk.site.environment() | {desk.forge.entry.token: next(iter(desk.forge.tokens))}
    with sites._environment(given), compose.world(Path(desk.site.repository)) as world:
        yield world


def make(root: Path) -> Path:
    """Make a site whose ledger has begun, with accounts in its policy; return its folder."""
    site = sites.make(root, remote=True)
    text = (site.repository / "jobgate.yaml").read_text()
    for person in PEOPLE:
        mine = f"{person}: {{emails:"
        text = text.replace(mine, f"{person}: {{accounts: {{github: {person}}}, emails:")
    site.write("jobgate.yaml", text)
    site.commit("Name accounts")
    site.git("push", "-q", "origin", "main")
    ended = site.jobgate("adopt", "--remote", "origin")
    assert ended.code == 0, ended.err
    return root


@contextlib.contextmanager
def running(root: Path, made: Path) -> Iterator[Desk]:
    """Run a forge over the remote of a copy, in `root`, of the site at `made`."""
    shutil.copytree(made, root / "site")
    site = sites.Site(root / "site")
    site.git("remote", "set-url", "origin", str(site.root / "remote.git"))
    with double.running(root, repository=site.root / "remote.git") as forge:
        yield Desk(site=site, forge=forge)
