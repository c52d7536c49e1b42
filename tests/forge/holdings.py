"""What the forge of the tests has: accounts, teams, forks, commits, pull requests."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests import repos
from tests.forge import deeds
from tests.forge.state import Comment, Pull, Status, Team, User

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runner.model import Commit


@dataclass(slots=True, kw_only=True)
class Holdings:
    """All of it, and how tests add to it."""

    root: Path
    name: str  # of the repository: "acme/ops"
    repository: Path  # bare
    url: str = ""  # of the API
    default: str = "main"
    users: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    forks: dict[str, Path] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1001))

    # ------------------------------------------------------------ who and when

    def user(self, login: str, who: str = "", kind: str = "") -> User:
        """Return an account, which is made where there is none yet."""
        if login not in self.users:
            named = who or f"{login} <{login}@example.org>"
            number = next(self.numbers)
            usual = "Bot" if login.endswith("[bot]") else "User"
            self.users[login] = User(login=login, number=number, who=named, kind=kind or usual)
        return self.users[login]

    def bot(self, login: str) -> User:
        """Return the account of an app: "renovate[bot]"."""
        return self.user(login, kind="Bot")

    def gone(self, login: str) -> None:
        """Delete an account: whatever it did is nobody's from now on."""
        self.user(login).gone = True

    def team(self, name: str, *members: str, parent: str = "", state: str = "active") -> Team:
        """Make a team ("acme/sre") of accounts, or add to it, below another one where there is."""
        found = self.teams.get(name)
        if found is None:
            found = Team(name=name, number=next(self.numbers), members={}, parent=parent)
            self.teams[name] = found
        found.members |= {self.user(each).login: state for each in members}
        return found

    def members(self, name: str) -> dict[str, str]:
        """Return who is in a team or in a team below it, with the state of each."""
        below = [each.name for each in self.teams.values() if each.parent == name]
        found = {login: state for each in below for login, state in self.members(each).items()}
        return {**found, **self.teams[name].members}

    def posted(self, number: int) -> tuple[Pull, Comment] | None:
        """Return a comment by its number, and the pull request that it is on."""
        every = ((pull, each) for pull in self.pulls.values() for each in pull.comments)
        return next((found for found in every if found[1].number == number), None)

    def of_commit(self, commit: str) -> tuple[Status, ...]:
        """Return the statuses of a commit, the newest first."""
        return tuple(each for each in reversed(self.statuses) if each.commit == commit)

    def next_second(self) -> None:
        """Return when all that comes is later than all that was."""
        time.sleep(1.01 - time.time() % 1)

    # ------------------------------------------------------------ commits

    def tip(self, branch: str = "main") -> Commit:
        """Return the tip of a branch of the repository."""
        found = deeds.tip(self.repository, f"refs/heads/{branch}")
        assert found is not None, f"there is no branch {branch}"
        return found

    def head(self, pull: Pull) -> Commit:
        """Return the newest commit of a pull request, as the forge keeps it."""
        found = deeds.tip(self.repository, f"refs/pull/{pull.number}/head")
        assert found is not None
        return found

    def fork(self, owner: str) -> str:
        """Make somebody's fork; return its name. Branches are pushed to `forks[name]`."""
        name = f"{self.user(owner).login}/{self.name.partition('/')[2]}"
        folder = self.root / f"{owner}.git"
        repos.clone(self.repository, folder, "--bare")
        deeds.prepare(folder, self.repository)
        self.forks[name] = folder
        return name

    def change(
        self,
        branch: str,
        files: Mapping[str, str],
        *,
        by: str = "author",
        source: str = "",
        message: str = "Change",
    ) -> Commit:
        """Commit files to a branch, which begins at the default one where it is new, and push it.

        `message` may have trailers, such as Co-authored-by.
        """
        desk = self.root / "desk"
        if not desk.exists():
            repos.make(desk)
        place = str(self.place(source).absolute())
        begin = branch if deeds.tip(self.place(source), f"refs/heads/{branch}") else self.default
        repos.run(desk, "fetch", "-q", place, f"+refs/heads/{begin}:refs/begin")
        repos.run(desk, "checkout", "-q", "-f", "--detach", "refs/begin")
        made = repos.commit(desk, files, message, who=self.user(by).who)
        repos.run(desk, "push", "-q", place, f"HEAD:refs/heads/{branch}")
        return made

    def place(self, source: str) -> Path:
        """Return the repository of that name; of none it is the forge's own."""
        return self.forks.get(source, self.repository)


def now() -> datetime:
    """Return the instant, to the second."""
    return datetime.fromtimestamp(int(time.time()), tz=UTC)
