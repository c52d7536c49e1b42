"""What is written on the forge of the tests with a token: comments and statuses, or a refusal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from tests.forge import deeds, holdings
from tests.forge.notes import Notes
from tests.forge.state import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json
    from tests.forge.double import Double
    from tests.forge.state import User

LONGEST_BODY, LONGEST_BYTES, LONGEST_DESCRIPTION = 65_536, 262_144, 140
STATES = ("error", "failure", "pending", "success")
COMMENTS, STATUSES = "pull_requests=write", "statuses=write"
# By method and route: what is done, and the permission that it needs.
DEEDS = {
    ("POST", "comments"): ("comment", COMMENTS),
    ("PATCH", "posted"): ("edit", COMMENTS),
    ("POST", "mark"): ("mark", STATUSES),
}
Answer: TypeAlias = "tuple[int, Json]"


def answer(double: Double, deed: str, asked: Mapping[str, str], content: bytes) -> Answer:
    """Do it, and return the status and the tree that is answered."""
    try:
        tree: Json = json.loads(content)
    except ValueError:
        return 400, {"message": "Problems parsing JSON", "status": "400"}
    if not isinstance(tree, dict):
        return 400, {"message": "Body should be a JSON object", "status": "400"}
    return _DEEDS[deed](double, asked, tree)


def wrong(message: str, resource: str, field: str, code: str = "custom") -> Answer:
    """Return what GitHub answers where what is to be written is not as it must be."""
    error: Json = {"resource": resource, "code": code, "field": field, "message": message}
    return 422, {
        "message": "Validation Failed",
        "errors": [error],
        "documentation_url": "https://docs.github.com/rest",
    }


def _comment(double: Double, asked: Mapping[str, str], tree: dict[str, Json]) -> Answer:
    pull = double.pulls[int(asked["number"])]
    body = tree.get("body")
    fault = _fault(body)
    if fault:
        return fault
    made = double.comment(pull, _speaker(double).login, str(body))
    return 201, Notes(double).comment(pull, made)


def _edit(double: Double, asked: Mapping[str, str], tree: dict[str, Json]) -> Answer:
    found = double.posted(int(asked["comment"]))
    if found is None:
        return 404, {"message": "Not Found", "status": "404"}
    body = tree.get("body")
    fault = _fault(body)
    if fault:
        return fault
    pull, comment = found
    comment.body, comment.edited = str(body), comment.edited + 1
    return 200, Notes(double).comment(pull, comment)


def _fault(body: Json) -> Answer | None:
    if not isinstance(body, str) or not body.strip():
        return wrong("Body can't be blank", "IssueComment", "data", "unprocessable")
    if len(body) > LONGEST_BODY or len(body.encode()) > LONGEST_BYTES:
        said = f"Body is too long (maximum is {LONGEST_BODY} characters)"
        return wrong(said, "IssueComment", "data", "unprocessable")
    return None


def _mark(double: Double, asked: Mapping[str, str], tree: dict[str, Json]) -> Answer:
    commit = asked["commit"]
    told, link = tree.get("description"), tree.get("target_url")
    faults = {
        "State is not included in the list": tree.get("state") not in STATES,
        f"description is too long (maximum is {LONGEST_DESCRIPTION} characters)": isinstance(
            told, str
        )
        and len(told) > LONGEST_DESCRIPTION,
        "description doesn't accept 4-byte Unicode": isinstance(told, str)
        and any(each > "\uffff" for each in told),
        "target_url must use http(s) scheme": isinstance(link, str)
        and not link.startswith(("http://", "https://")),
    }
    said = next((each for each, applies in faults.items() if applies), "")
    if not deeds.has(double.repository, commit):
        said = f"No commit found for SHA: {commit}"
    if said:
        return wrong(said, "Status", "base")
    made = Status(
        number=next(double.numbers),
        commit=commit,
        by=_speaker(double),
        state=str(tree["state"]),
        context=str(tree.get("context", "default")),
        description=told if isinstance(told, str) else None,
        link=link if isinstance(link, str) else None,
        at=holdings.now(),
    )
    double.statuses.append(made)
    return 201, Notes(double).status(made)


def _speaker(double: Double) -> User:
    return double.user(double.speaks)


_DEEDS: Mapping[str, Callable[[Double, Mapping[str, str], dict[str, Json]], Answer]] = {
    "comment": _comment,
    "edit": _edit,
    "mark": _mark,
}
