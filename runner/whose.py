"""Whose an address, an account or a name is, as a policy lists people and teams."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Policy
    from runner.terms import Team

# What a forge writes into commits in the place of an address that is kept private.
_PRIVATE = re.compile(r"(?:[0-9]+\+)?(?P<login>[^@+]+)@users\.noreply\.[^@]+")


@dataclass(frozen=True, slots=True)
class People:
    """Everybody and every team that a policy lists. `members` are (team, person), by a forge."""

    names: frozenset[str]
    emails: Mapping[str, str]  # lower case
    accounts: Mapping[tuple[str, str], str]  # forge, login in lower case
    teams: Mapping[str, Team]
    members: frozenset[tuple[str, str]]
    forge: str  # on which CODEOWNERS names accounts; empty: on any

    def with_account(self, forge: str, login: str) -> str | None:
        """Return the person whose account on that forge this is, whatever its case."""
        return self.accounts.get((forge, login.lower()))

    def with_address(self, address: str) -> frozenset[str]:
        """Return the person whose address this is, also by the login in a private one."""
        text = address.lower()
        found = {self.emails[text]} if text in self.emails else set()
        private = _PRIVATE.fullmatch(text)
        return frozenset(found | (self._logged(private["login"], "") if private else set()))

    def makers(self, addresses: Iterable[str]) -> frozenset[str]:
        """Return the people among those whose addresses these are."""
        return frozenset().union(*map(self.with_address, addresses))

    def called(self, names: Iterable[str]) -> frozenset[str]:
        """Return the people whom names mean, of a person or of a team."""
        return frozenset().union(*map(self._called, names))

    def owner(self, text: str) -> frozenset[str]:
        """Return the people whom an owner in CODEOWNERS means: account, team or address."""
        if not text.startswith("@"):
            return self.with_address(text)
        name = text[1:].lower()
        if "/" not in name:
            return frozenset(self._logged(name, self.forge))
        return self.called(self._teams(name))

    def _called(self, name: str) -> frozenset[str]:
        found = {name}
        if name in self.teams:
            found |= {*self.teams[name].members}
            found |= {person for team, person in self.members if team == name}
        return self.names & found

    def _logged(self, login: str, forge: str) -> set[str]:
        """Return whose login this is, on a forge or (empty) on any."""
        return {
            person
            for (where, each), person in self.accounts.items()
            if each == login and forge in {"", where}
        }

    def _teams(self, name: str) -> Iterator[str]:
        for team in self.teams.values():
            if any(
                there.lower() == name and self.forge in {"", forge}
                for forge, there in team.accounts
            ):
                yield team.name


def people(policy: Policy, members: frozenset[tuple[str, str]] = frozenset()) -> People:
    """Return whom `policy` lists, with whom a forge has in its own teams."""
    return People(
        names=frozenset(person.name for person in policy.people),
        emails={email.lower(): person.name for person in policy.people for email in person.emails},
        accounts={
            (forge, login.lower()): person.name
            for person in policy.people
            for forge, login in person.accounts
        },
        teams={team.name: team for team in policy.teams},
        members=members,
        forge="" if policy.forge is None else policy.forge.name,
    )
