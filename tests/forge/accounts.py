"""What the forge of the tests tells of accounts and teams, as GitHub writes it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from datetime import datetime

    from runner.model import Json
    from tests.forge.double import Double
    from tests.forge.state import Team, User

BEGUN = "2026-01-02T03:04:05Z"
_USER_URLS = (
    *("followers", "following", "gists", "starred", "subscriptions", "organizations", "repos"),
    *("events", "received_events"),
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Writes what `double` has of them."""

    double: Double

    @property
    def html(self) -> str:
        """Return where its pages are."""
        return self.double.url.removesuffix("/api/v3")

    def at(self, *parts: object) -> str:
        """Return an address of the API."""
        return "/".join((self.double.url, *map(str, parts)))

    def user(self, user: User | None) -> Json:
        """Return an account; nothing of one that is gone."""
        if user is None or user.gone:
            return None
        place = self.at("users", quote(user.login))
        return {
            "login": user.login,
            "id": user.number,
            "node_id": node(user.number),
            "avatar_url": f"{self.html}/avatars/u/{user.number}",
            "gravatar_id": "",
            "url": place,
            "html_url": f"{self.html}/{quote(user.login)}",
            "type": user.kind,
            "user_view_type": "public",
            "site_admin": False,
            **{f"{each}_url": f"{place}/{each}" for each in _USER_URLS},
        }

    def membership(self, team: Team, login: str, state: str) -> Json:
        """Return how somebody belongs to a team."""
        return {
            "url": self.at("organizations", 1, "team", team.number, "memberships", login),
            "role": "member",
            "state": state,
        }

    def team(self, team: Team) -> Json:
        """Return a team."""
        owner, _, slug = team.name.partition("/")
        place = self.at("organizations", 1, "team", team.number)
        return {
            "id": team.number,
            "node_id": node(team.number),
            "url": place,
            "html_url": f"{self.html}/orgs/{owner}/teams/{slug}",
            "name": slug,
            "slug": slug,
            "description": None,
            "permission": "pull",
            "type": "organization",
            "members_url": f"{place}/members{{/member}}",
            "repositories_url": f"{place}/repos",
            "members_count": len(team.members),
            "repos_count": 1,
            "created_at": BEGUN,
            "updated_at": BEGUN,
            "organization": self._organization(owner),
        }

    def _organization(self, owner: str) -> Json:
        place = self.at("orgs", owner)
        urls = ("events", "hooks", "issues", "members", "public_members", "repos")
        return {
            "login": owner,
            "id": 1,
            "node_id": node(1),
            "url": place,
            **{f"{each}_url": f"{place}/{each}" for each in urls},
            "avatar_url": f"{self.html}/avatars/{owner}",
            "html_url": f"{self.html}/{owner}",
            "description": None,
            "has_organization_projects": True,
            "has_repository_projects": True,
            "public_repos": 1,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "type": "Organization",
            "created_at": BEGUN,
            "updated_at": BEGUN,
            "archived_at": None,
        }


def node(number: int) -> str:
    """Return an id of the kind that the other API has."""
    return base64.b64encode(f"0:{number}".encode()).decode()


def written(at: datetime) -> str:
    """Return an instant as GitHub writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
