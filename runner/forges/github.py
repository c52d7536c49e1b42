"""GitHub, and GitHub Enterprise, by its REST API: the Forge protocol over HTTP.

Only facts that somebody chose are asked for: who opened what for which branch, who reviewed which
commit and when, who is in which team. What GitHub makes of them, it is not asked.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from runner.forges import asking, facts
from runner.forges.asking import Ask, Asker

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.calls import Terms
    from runner.forges.tokens import Token
    from runner.model import Commit
    from runner.pulls import ForgeReview, PullRequest
    from runner.terms import ForgeEntry

_MISSING = 404
_NO_COMMIT = 422


class GitHub:
    """One repository of it."""

    def __init__(
        self,
        entry: ForgeEntry,
        token: Token,
        *,
        terms: Terms = asking.TERMS,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ask the forge of `entry`; nothing is sent yet. `wait` is given seconds."""
        self._entry = entry
        self._asker = Asker(entry, token, terms, wait)
        self._teams: set[str] = set()  # that are there for the token to see

    def close(self) -> None:
        """Let go of the connections."""
        self._asker.close()

    def pulls(self, commit: Commit) -> tuple[PullRequest, ...]:
        """Return the pull requests that the commit came in by or stands in, by number."""
        deed = f"ask which pull requests have {commit[:12]}"
        path, nothing = self._asker.of_repository(deed, f"commits/{commit}/pulls"), {_NO_COMMIT}
        listed = self._asker.many(Ask(deed=deed, path=path, nothing=frozenset(nothing)))
        numbers = self._asker.read(deed, lambda: facts.numbers(listed, self._entry.repository))
        # The list comes out of an index, which may lag behind; the pull request itself does not.
        return tuple(self._pull(number) for number in numbers)

    def reviews(self, number: int) -> tuple[ForgeReview, ...]:
        """Return every review of a pull request that was handed in, oldest first."""
        deed = f"ask for the reviews of pull request {number}"
        path = self._asker.of_repository(deed, f"pulls/{number}/reviews")
        listed = self._asker.many(Ask(deed=deed, path=path))
        return self._asker.read(deed, lambda: facts.reviews(listed))

    def retargeted(self, number: int) -> str:
        """Return when a pull request was last given another base branch; empty: it never was."""
        deed = f"ask what happened to pull request {number}"
        path = self._asker.of_repository(deed, f"issues/{number}/events")
        listed = self._asker.many(Ask(deed=deed, path=path))
        return self._asker.read(deed, lambda: facts.retargeted(listed))

    def member(self, team: str, account: str) -> bool:
        """Tell whether the account is in the team ("acme/sre") now, or in a team below it."""
        deed = f"ask who is in the team {team}"
        if asking.NAME.fullmatch(team) is None:
            mend = "name the team as `organisation/team` in jobgate.yaml"
            raise self._asker.failed(deed, "that is no name of a team", mend)
        if not account:
            return False
        organisation, _, slug = team.partition("/")
        path, nothing = f"orgs/{organisation}/teams/{slug}", frozenset({_MISSING})
        login = quote(account, safe="")
        tree = self._asker.one(Ask(deed=deed, path=f"{path}/memberships/{login}", nothing=nothing))
        if tree is not None:
            return self._asker.read(deed, lambda: facts.active(tree))
        self._check_team(Ask(deed=deed, path=path, nothing=nothing), team)
        return False

    # ------------------------------------------------------------ what these share

    def _pull(self, number: int) -> PullRequest:
        deed = f"ask for pull request {number}"
        path = self._asker.of_repository(deed, f"pulls/{number}")
        tree = self._asker.one(Ask(deed=deed, path=path))
        found = self._asker.read(deed, lambda: facts.pull(tree))
        if found.number != number or not facts.same(found.repository, self._entry.repository):
            said = f"it is about {found.number} of {found.repository}"
            raise self._asker.strange(deed, said)
        return found

    def _check_team(self, ask: Ask, team: str) -> None:
        """Raise ForgeError where the token cannot see the team: nobody is known to be in it then.

        GitHub gives one answer for whoever is not in a team, and for whoever may not know.
        """
        if team in self._teams:
            return
        if self._asker.one(ask) is None:
            mend = (
                f"look at the name of the team, and let the token in {self._entry.token} read the "
                "members of the organisation: GITHUB_TOKEN of a workflow cannot"
            )
            raise self._asker.failed(ask.deed, "there is none, or the token may not see it", mend)
        self._teams.add(team)
