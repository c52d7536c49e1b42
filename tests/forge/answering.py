"""What the forge of the tests answers to a request that it lets in: which route it is, and what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from tests.forge import deeds, writing
from tests.forge.notes import Notes
from tests.forge.shapes import ID, Shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json
    from tests.forge.double import Double
    from tests.forge.state import Pull

_REPOSITORY = r"/repos/(?P<owner>[^/]+)/(?P<repo>[^/]+)"
_PULL = rf"{_REPOSITORY}/pulls/(?P<number>\d+)"
_TEAM = r"/orgs/(?P<owner>[^/]+)/teams/(?P<slug>[^/]+)"
ROUTES = {
    "pulls": re.compile(rf"{_REPOSITORY}/commits/(?P<commit>[^/]+)/pulls"),
    "pull": re.compile(_PULL),
    "reviews": re.compile(rf"{_PULL}/reviews"),
    "files": re.compile(rf"{_PULL}/files"),
    "commits": re.compile(rf"{_PULL}/commits"),
    "events": re.compile(rf"{_REPOSITORY}/issues/(?P<number>\d+)/events"),
    "comments": re.compile(rf"{_REPOSITORY}/issues/(?P<number>\d+)/comments"),
    "newest": re.compile(rf"{_REPOSITORY}/issues/comments"),
    "posted": re.compile(rf"{_REPOSITORY}/issues/comments/(?P<comment>\d+)"),
    "statuses": re.compile(rf"{_REPOSITORY}/commits/(?P<commit>[^/]+)/statuses"),
    "standing": re.compile(rf"{_REPOSITORY}/commits/(?P<commit>[^/]+)/status"),
    "mark": re.compile(rf"{_REPOSITORY}/statuses/(?P<commit>[^/]+)"),
    "user": re.compile("/user"),
    "membership": re.compile(rf"{_TEAM}/memberships/(?P<login>[^/]+)"),
    "team": re.compile(_TEAM),
}
NOT_FOUND = 404
Answer: TypeAlias = "tuple[int, Json]"


def described(path: str, name: str) -> str:
    """Return a path as GitHub's description has it: links to pages go by the number instead."""
    return path.replace(f"/repositories/{ID}/", f"/repos/{name}/", 1)


def linked(path: str, name: str) -> str:
    """Return a path as links to pages have it."""
    return path.replace(f"/repos/{name}/", f"/repositories/{ID}/", 1)


def kind(path: str) -> tuple[str, Mapping[str, str]]:
    """Return which route a path is, and what stands in it; an empty one where it is none."""
    for name, route in ROUTES.items():
        found = route.fullmatch(path)
        if found is not None:
            return name, found.groupdict()
    return "", {}


def answer(
    double: Double, name: str, asked: Mapping[str, str], content: bytes | None = None
) -> Answer:
    """Return the status and the tree that is answered, before it is cut into pages.

    `name` is that of a route, or with a content of a deed.
    """
    if name in _ELSEWHERE:
        return _ELSEWHERE[name](double, asked)
    known = f"{asked.get('owner')}/{asked.get('repo')}".lower() == double.name.lower()
    if known:
        double.notice()
    if not known or ("number" in asked and int(asked["number"]) not in double.pulls):
        return NOT_FOUND, told("Not Found", NOT_FOUND)
    if content is not None:
        return writing.answer(double, name, asked, content)
    if name in _OF_REPOSITORY:
        return _OF_REPOSITORY[name](double, asked)
    return 200, _OF_PULL[name](double, double.pulls[int(asked["number"])])


def told(message: str, status: int) -> dict[str, Json]:
    """Return what GitHub says that went wrong."""
    return {
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": str(status),
    }


def _user(double: Double, _: Mapping[str, str]) -> Answer:
    """Return whose the token is; an app is not told."""
    user = double.user(double.speaks)
    if user.kind == "Bot":
        return 403, told("Resource not accessible by integration", 403)
    return 200, Notes(double).myself(user)


def _newest(double: Double, _: Mapping[str, str]) -> Answer:
    every = [(pull, each) for pull in double.pulls.values() for each in pull.comments]
    listed = sorted(every, key=lambda found: -found[1].number)
    return 200, [Notes(double).comment(*each) for each in listed]


def _posted(double: Double, asked: Mapping[str, str]) -> Answer:
    found = double.posted(int(asked["comment"]))
    if found is None:
        return NOT_FOUND, told("Not Found", NOT_FOUND)
    return 200, Notes(double).comment(*found)


def _statuses(double: Double, asked: Mapping[str, str]) -> Answer:
    return 200, [Notes(double).status(each) for each in double.of_commit(asked["commit"])]


def _standing(double: Double, asked: Mapping[str, str]) -> Answer:
    commit = asked["commit"]
    repository = Shapes(double).repository(double.name)
    return 200, Notes(double).combined(commit, double.of_commit(commit), repository)


def _said(double: Double, pull: Pull) -> Json:
    return [Notes(double).comment(pull, each) for each in pull.comments]


def _pulls(double: Double, asked: Mapping[str, str]) -> Answer:
    commit = asked["commit"]
    if not deeds.has(double.repository, commit):
        return 422, told(f"No commit found for SHA: {commit}", 422)
    landed = deeds.holds(double.repository, double.tip(double.default), commit)
    states = {"merged"} if landed else {"merged", "open"}
    found = [
        each
        for each in double.pulls.values()
        if each.state in states and commit in double.commits(each)
    ]
    return 200, [Shapes(double).listed(each) for each in reversed(found)]


def _reviews(double: Double, pull: Pull) -> Json:
    return [Shapes(double).review(pull, each) for each in pull.reviews]


def _events(double: Double, pull: Pull) -> Json:
    return [Shapes(double).event(each) for each in pull.events]


def _files(double: Double, pull: Pull) -> Json:
    head = double.head(pull)
    found = deeds.files(double.repository, double.base_of(pull), head)
    return [Shapes(double).file(each, head) for each in found]


def _commits(double: Double, pull: Pull) -> Json:
    found = deeds.between(double.repository, double.base_of(pull), double.head(pull))
    return [Shapes(double).commit(each) for each in found]


_OF_PULL: Mapping[str, Callable[[Double, Pull], Json]] = {
    "pull": lambda double, pull: Shapes(double).pull(pull),
    "reviews": _reviews,
    "events": _events,
    "comments": _said,
    "files": _files,
    "commits": _commits,
}


def _team(double: Double, asked: Mapping[str, str]) -> Answer:
    team = double.teams.get(f"{asked['owner']}/{asked['slug']}")
    if team is None or double.closed_teams:
        return NOT_FOUND, told("Not Found", NOT_FOUND)
    return 200, Shapes(double).team(team)


def _membership(double: Double, asked: Mapping[str, str]) -> Answer:
    team = double.teams.get(f"{asked['owner']}/{asked['slug']}")
    if team is None or double.closed_teams:
        return NOT_FOUND, told("Not Found", NOT_FOUND)
    login = asked["login"].lower()
    members = {who.lower(): state for who, state in double.members(team.name).items()}
    if login not in members:
        return NOT_FOUND, told("Not Found", NOT_FOUND)
    return 200, Shapes(double).membership(team, login, members[login])


_ELSEWHERE: Mapping[str, Callable[[Double, Mapping[str, str]], Answer]] = {
    "user": _user,
    "membership": _membership,
    "team": _team,
}
_OF_REPOSITORY: Mapping[str, Callable[[Double, Mapping[str, str]], Answer]] = {
    "pulls": _pulls,
    "newest": _newest,
    "posted": _posted,
    "statuses": _statuses,
    "standing": _standing,
}
