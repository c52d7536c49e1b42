"""Attacks of others, played again: a site whose ledger has begun, beside a forge that is asked.

The repository, the keys and the ledger are made once a session and copied for each replay; the
forge is one server for them all, which holds the repository of the replay that runs.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from tests import site as sites
from tests.forge import deeds, double, holdings, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.forge.double import Double
    from tests.forge.state import Pull
    from tests.site import Ended

COUNT, STRICT = "specs/count.yaml", "specs/prod/count.yaml"
PEOPLE = "author", "reviewer", "other", "guest", "second"
# `guest` is listed, and no clause names them; `second` is nobody, or a second key of the reviewer.
POLICY = """\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local: {{type: embedded}}
{forge}people:
  author: {{emails: [author@example.org], keys: ["{author}"], accounts: {{github: author}}}}
  reviewer:
    emails: [reviewer@example.org, reviewer@home.example]
    keys: ["{reviewer}", "{second}"]
    accounts: {{github: reviewer}}
  other: {{emails: [other@example.org], keys: ["{other}"], accounts: {{github: other}}}}
  guest: {{emails: [guest@example.org], keys: ["{guest}"], accounts: {{github: guest}}}}
clauses:
  - name: prod
    when: {{paths: ["specs/prod/**"]}}
    approvals: {{count: 2, from: [author, reviewer, other]}}
  - name: everything
    when: {{paths: ["**"]}}
    approvals: {{count: 1, from: [author, reviewer, other]}}
"""
FORGE = """\
forge:
  github: {{repository: {name}, url: "{url}", token: {{env: {variable}}}}}
"""


class Place(sites.Site):
    """A site on which the forge's token is at hand."""

    def environment(self, person: str = sites.AUTHOR) -> dict[str, str]:
        """Return the environment in which `person` works."""
        return sites.Site.environment(self, person) | {double.VARIABLE: double.WORD}


@dataclass(slots=True, kw_only=True)
class Template:
    """What every replay begins with, and the forge that all of them ask."""

    root: Path
    forge: Double

    def copy(self, root: Path) -> Replay:
        """Begin a replay in an empty folder."""
        shutil.copytree(self.root, root, dirs_exist_ok=True, symlinks=True)
        url, name = self.forge.url, self.forge.name
        repository = root / "remote.git"
        deeds.prepare(repository, repository)
        fresh = double.Double(root=root, name=name, repository=repository, url=url)
        for each in fields(fresh):  # one server and one address, and another forge behind it
            setattr(self.forge, each.name, getattr(fresh, each.name))
        site = Place(root)
        site.git("remote", "set-url", "origin", str(repository))
        return Replay(site=site, forge=self.forge)


@dataclass(slots=True, kw_only=True)
class Replay:
    """One replay: people push, review and merge, and then somebody applies."""

    site: Place
    forge: Double
    ticks: int = 0

    # ------------------------------------------------------------ what people do

    def spec(self, run: int = 1, **said: str) -> str:
        """Return the text of the job `count`, with passages that are replaced."""
        counter = json.dumps(str(self.site.counter))[1:-1]
        made = sites.SPEC.format(counter=counter).replace("run: 1", f"run: {run}")
        for old, new in said.items():
            assert f"{old}: " in made
            made = made.replace(f"{old}: ", f"{old}: {new}  # ", 1)
        return made

    def push(
        self,
        branch: str = "topic",
        run: int = 1,
        *,
        by: str = "author",
        path: str = COUNT,
        **said: str,
    ) -> str:
        """Push a commit with the job to a branch; return the commit."""
        return self.forge.change(branch, {path: self.spec(run, **said)}, by=by)

    def propose(
        self, branch: str = "topic", run: int = 1, *, opener: str = "author", **said: str
    ) -> Pull:
        """Open a pull request with the job."""
        self.push(branch, run, **said)
        return self.forge.open(opener, branch)

    def desk(self, branch: str = "topic") -> Place:
        """Return the working tree, as a branch of the forge is."""
        self.site.git("fetch", "-q", "origin", branch)
        self.site.git("reset", "-q", "--hard", "FETCH_HEAD")
        return self.site

    def hand_in(self, branch: str = "topic") -> None:
        """Push what the working tree has, over whatever the branch is."""
        self.site.git("push", "-q", "--force", "origin", f"HEAD:refs/heads/{branch}")

    def later(self) -> datetime:
        """Return an instant after all that was done here, a second apart from each other."""
        self.ticks += 1
        return holdings.now() + timedelta(seconds=self.ticks)

    def approve(self, pull: Pull, by: str = "reviewer", *, commit: str = "") -> None:
        """Approve a pull request on the forge, after all that was done."""
        self.forge.approve(pull, by, commit=commit, at=self.later())

    def pull(self) -> str:
        """Bring the working tree to the forge's branch; return the commit."""
        self.site.git("fetch", "-q", "origin", "main")
        self.site.git("reset", "-q", "--hard", "origin/main")
        return self.site.git("rev-parse", "HEAD")

    def sign(self, by: str = "reviewer", name: str = "count", branch: str = "") -> Ended:
        """Sign the job as a branch has it; without one, as the ledger's has it."""
        if branch:
            self.site.git("fetch", "-q", "origin", branch)
            return self.site.approve(name, by=by, head=self.site.git("rev-parse", "FETCH_HEAD"))
        return self.site.approve(name, by=by, head=self.pull())

    def policy(self, old: str, new: str) -> None:
        """Change the policy in one place, by somebody who approves nothing; have it accepted."""
        self.pull()
        self.site.edit("jobgate.yaml", old, new)
        self.site.commit("Another policy", by="guest")
        self.site.git("push", "-q", "origin", "HEAD:main")
        assert self.sign("other", "@policy").code == 0
        ended = self.site.jobgate("apply")
        assert "@policy: accepted" in ended.out, ended.out + ended.err

    # ------------------------------------------------------------ what comes of it

    def apply(self, *words: str) -> Ended:
        """Apply the branch as it is on the forge."""
        self.pull()
        return self.site.jobgate("apply", *words)

    def ran(self, times: int = 1) -> None:
        """Apply, and see that the job ran once more."""
        ended = self.apply()
        assert ended.code == 0, ended.out + ended.err
        assert len(self.site.runs) == times, ended.out

    def refused(self, said: str, *, code: int = 4, times: int = 0, why: str = "") -> None:
        """Apply, and see that it was refused with a sentence, and that nothing ran.

        `why` is what `explain` says of consent that was given.
        """
        ended = self.apply()
        assert ended.code == code, ended.out + ended.err
        assert said in ended.out + ended.err, ended.out + ended.err
        assert len(self.site.runs) == times
        if why:
            told = self.site.jobgate("explain", "count").out
            assert why in told, told


@contextlib.contextmanager
def templates(root: Path) -> Iterator[Template]:
    """Make what all replays begin with."""
    site = Place(root)
    for person in PEOPLE:
        sites._keygen(root / person, person)
    repository = root / "remote.git"
    deeds.prepare(repository, repository)
    made = double.Double(root=root, name="acme/ops", repository=repository)
    with serving.served(made) as url:
        made.url = url
        _begin(site, made)
        yield Template(root=root, forge=made)


def _begin(site: Place, forge: Double) -> None:
    site.repository.mkdir()
    site.git("init", "-q", "-b", "main", "--template=")
    keys = {name: (site.root / f"{name}.pub").read_text().strip() for name in PEOPLE}
    entry = FORGE.format(url=forge.url, name=forge.name, variable=double.VARIABLE)
    site.write("jobgate.yaml", POLICY.format(forge=entry, **keys))
    site.write("specs/vars.yaml", sites.VARS)
    site.write("scripts/count.sh", sites.SCRIPT)
    site.commit("Begin")
    site.git("remote", "add", "origin", str(forge.repository))
    site.git("push", "-q", "origin", "main")
    ended = site.jobgate("adopt", "--remote", "origin")
    assert ended.code == 0, ended.err
