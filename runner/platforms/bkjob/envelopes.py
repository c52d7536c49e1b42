"""What an answer says: the three shapes of BlueKing's errors told apart, and turned into ours.

Version 4 of JOB answers `error`, version 3 `result: false` with a seven-digit number, the gateway
before both `code_name`. Whatever is none of these came from something in between. Pure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Literal

from runner import narrow
from runner.errors import NoLeaveError, PlatformError, RefusedError, UnknownOutcomeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.calls import Answer
    from runner.errors import RunnerError
    from runner.model import Json

STARTED_TWICE = 1241015

_TEXT = 600  # characters of a platform's message that are shown
_READ = 100_000  # of one that are read: none is cut short before secrets are taken out
_OK = 200
_REDIRECTS = range(300, 400)
_FAILURES = range(500, 600)
_UNAVAILABLE, _TOO_MANY, _NOT_FOUND = 503, 429, 404
_TOO_LARGE = frozenset({413, 414})
# Numbers of JOB: no leave for the caller; no room for now; no such path on this site.
_LEAVE = frozenset({1247002, 1247004, 9900403})
_ROOM = frozenset({1244025, 1244032, 1244033, 1244034})
_ROUTE = 1241024
_SIZES = frozenset({1244021, 1244022})
# What JOB answers with 500 although it is a clear no: a danger rule, and what it does not do.
_CLEAR = frozenset({1241011, 1244019})
_INTERNAL = 1240002
_STRANGER = 1640001  # to the gateway
_MENDS = {
    1241003: "look at `jobgate status`: it stands elsewhere than the order needs",
    1243001: "name a script of this scope, and a version that is online",
    1243049: "mend bk_scope_type and bk_scope_id in the spec",
    1244002: "name hosts of this scope",
    1244003: "mend account_alias or account_id in the spec: the scope has no such account",
    1244006: "ask the platform that created the job; it may have been cleaned away there",
    1244019: "mend the script: a danger rule of the platform stops it",
    1244022: "name fewer hosts",
    1244030: "name hosts that the CMDB knows",
}


class Fate(Enum):
    """What became of a request: refused; nothing done, now or for now; or nobody knows."""

    REFUSED = "refused"
    NOTHING = "nothing"
    LATER = "later"
    LOST = "lost"


class AnsweredNoError(RefusedError):
    """A refusal of JOB's own, with its number."""

    def __init__(self, message: str, *, mend: str, number: int) -> None:
        """Say what was refused, and by which number."""
        super().__init__(message, mend=mend)
        self.number = number


class NoSuchCallError(PlatformError):
    """A call that JOB, or the gateway before it, does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What an answer says went wrong. Numbers are 0, and texts empty, where it does not say."""

    origin: Literal["job", "gateway", "between"]
    status: int
    code: str = ""
    number: int = 0
    message: str = ""
    request: str = ""
    lacking: str = ""
    elsewhere: str = ""

    @property
    def fate(self) -> Fate:
        """Return what became of the request that was answered so."""
        if self.origin == "job":
            return _fate_in_job(self)
        if self.status == _TOO_MANY:
            return Fate.LATER
        if self.status in _TOO_LARGE:
            return Fate.REFUSED
        # A half answer of 200 comes from one who has acted, perhaps.
        lost = self.status in _FAILURES or self.status < _REDIRECTS.start
        return Fate.LOST if lost else Fate.NOTHING


def read(answer: Answer) -> Json | Trouble:
    """Return the data of an answer, or what it says went wrong."""
    tree = _tree(answer.content)
    request = answer.headers.get("x-bkapi-request-id", "")
    if isinstance(tree, dict):
        request = _text(tree.get("job_request_id")) or request
        if isinstance(tree.get("error"), dict):
            return _of_v4(answer.status, tree["error"], request)
        if "code_name" in tree:
            return _of_gateway(answer.status, tree, request)
        if tree.get("result") is False:
            return _of_v3(answer.status, tree, request)
        if answer.status == _OK and "data" in tree:
            return tree["data"]
    leads = answer.status in _REDIRECTS
    return Trouble(
        origin="between",
        status=answer.status,
        request=request,
        elsewhere=answer.headers.get("location", "").partition("?")[0] if leads else "",
    )


def without(trouble: Trouble, hidden: Callable[[str], str]) -> Trouble:
    """Return a trouble whose words went through `hidden`, which takes secrets out, and were cut."""
    return replace(
        trouble,
        code=hidden(trouble.code)[:_TEXT],
        message=hidden(trouble.message)[:_TEXT],
        lacking=hidden(trouble.lacking)[: 8 * _TEXT],
        request=hidden(trouble.request)[:_TEXT],
        elsewhere=hidden(trouble.elsewhere)[:_TEXT],
    )


def error(trouble: Trouble, deed: str, name: str, *, changes: bool) -> RunnerError:
    """Return our error for a call that was to do `deed` on the platform `name`.

    `changes` tells that a call whose fate nobody knows may have been carried out.
    """
    said = f"cannot {deed} on {name}: {_said(trouble)}"
    if trouble.fate is Fate.REFUSED:
        return AnsweredNoError(said, mend=_mend(trouble, name), number=trouble.number)
    if trouble.fate is Fate.LOST and changes:
        return UnknownOutcomeError(
            f"{said}; nobody knows whether it was done", mend=f"look at the job on {name}"
        )
    kind = NoLeaveError if trouble.lacking else PlatformError
    if trouble.number == _ROUTE or (trouble.origin, trouble.status) == ("gateway", _NOT_FOUND):
        kind = NoSuchCallError
    return kind(said, mend=_mend(trouble, name))


# ---------------------------------------------------------------- reading


def _tree(content: bytes) -> Json:
    try:
        tree: Json = json.loads(content, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return tree


def _of_v4(status: int, error: Json, request: str) -> Trouble:
    message = _text(narrow.at(error, "message"))
    detail: Json = next(iter(_items(narrow.at(error, "details"))), None)
    reason = _text(narrow.at(detail, "message"))
    if reason and not reason.startswith(message):
        reason = f"{message}: {reason}"
    return Trouble(
        origin="job",
        status=status,
        code=_text(narrow.at(error, "code")),
        number=_number(narrow.at(detail, "code")),
        message=reason or message,
        request=request,
        lacking=_lacking(narrow.at(error, "data")),
    )


def _of_v3(status: int, tree: dict[str, Json], request: str) -> Trouble:
    return Trouble(
        origin="job",
        status=status,
        number=_number(tree.get("code")),
        message=_text(tree.get("message")),
        request=request,
        lacking=_lacking(tree.get("permission")),
    )


def _of_gateway(status: int, tree: dict[str, Json], request: str) -> Trouble:
    return Trouble(
        origin="gateway",
        status=status,
        code=_text(tree.get("code_name")),
        number=_number(tree.get("code")),
        message=_text(tree.get("message")),
        request=request,
    )


def _lacking(data: Json) -> str:
    """Return in words which actions on what would have to be granted."""
    return "; ".join(_grants(data))


def _grants(data: Json) -> Iterator[str]:
    for action in _items(narrow.at(data, "actions")):
        name = _text(narrow.at(action, "name")) or _text(narrow.at(action, "id"))
        chains = [
            " / ".join(
                " ".join(filter(None, (_name(part, "type"), _name(part, "id")))) for part in chain
            )
            for kind in _items(narrow.at(action, "related_resource_types"))
            for chain in map(_items, _items(narrow.at(kind, "instances")))
        ]
        yield f"{name} on {', '.join(chains)}" if chains else name


def _name(part: Json, what: Literal["type", "id"]) -> str:
    """Return what an instance is of, or which one it is: its name where it has one."""
    named = {"type": "type_name", "id": "name"}[what]
    return _text(narrow.at(part, named)) or _text(narrow.at(part, what))


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _text(value: Json) -> str:
    return value[:_READ] if isinstance(value, str) else ""


def _number(value: Json) -> int:
    """Return the number that stands as one, or as its text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:20])
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


# ---------------------------------------------------------------- judging


def _fate_in_job(trouble: Trouble) -> Fate:
    if trouble.number in _CLEAR | _SIZES:
        return Fate.REFUSED
    if trouble.number in _ROOM | _LEAVE | {_ROUTE} or trouble.status in {401, 403}:
        return Fate.NOTHING
    # jobgate's own server says by 503 that nothing was changed; JOB itself never answers it.
    if trouble.status in {_UNAVAILABLE, _TOO_MANY}:
        return Fate.LATER
    lost = trouble.status in _FAILURES or trouble.number == _INTERNAL
    return Fate.LOST if lost else Fate.REFUSED


def _said(trouble: Trouble) -> str:
    number = str(trouble.number) if trouble.number else ""
    named = " ".join(filter(None, (trouble.code, number)))
    request = f"request {trouble.request}" if trouble.request else ""
    marks = ", ".join(filter(None, (named, request)))
    if trouble.origin == "between":
        where = f" and leads to {trouble.elsewhere[:200]}" if trouble.elsewhere else ""
        said = f"the answer is {trouble.status}{where}, and not one of JOB or its gateway"
    else:
        said = trouble.message or f"it answers {trouble.status}"
    if trouble.lacking:
        said = f"{said}; lacking: {trouble.lacking}"
    return f"{said} ({marks})" if marks else said


def _mend(trouble: Trouble, name: str) -> str:
    if trouble.lacking:
        return "have that granted in the permission centre, and try again"
    known = _MENDS.get(trouble.number)
    if known is not None:
        return known
    if trouble.number in {_STRANGER, *_LEAVE} or trouble.status in {401, 403}:
        return f"look at platforms.{name}.credentials in jobgate.yaml, and at what is found there"
    if trouble.fate is Fate.REFUSED:
        return "mend what the message names"
    later = trouble.fate is not Fate.NOTHING or trouble.number in _ROOM
    return (
        "try again later" if later else f"look at url and stage of platforms.{name} in jobgate.yaml"
    )
