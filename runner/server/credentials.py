"""What a request shows of itself into who calls: pure, but for the look-up of secrets.

A refusal never says whether the app, its secret or the user was wrong.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from runner.server import passwords, rows
from runner.server.answers import Code, Number, RefusalError
from runner.server.callers import ALL
from runner.server.rows import Caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Json
    from runner.server.callers import App
    from runner.server.inventory import Inventory

T = TypeVar("T")

NAME = 128  # characters of what failures are counted against
_HEADER = 8192  # characters


class Match(Protocol):
    """How a secret is looked up among lines of hashes: `Verifier.match`, or `Verifier.recalled`."""

    def __call__(self, secret: str, stored: Mapping[str, T]) -> T | None:
        """Return what stands at the line that `secret` is behind, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a request shows: X-Bkapi-Authorization, the kind of its route, X-Bk-Username."""

    authorization: str
    system: bool = False
    username: str = ""


def authenticate(inventory: Inventory, shown: Shown, match: Match) -> Caller:
    """Return who calls. Raises RefusalError UNAUTHENTICATED.

    An access token stands for its app and its user, whatever is beside it. Else an app shows its
    secret, and who the user is: by a token of the user, by name if the app is trusted with that
    user, or on a system route by name if the app may use those.
    """
    read = _read(shown.authorization)
    if read.get("access_token"):
        token = match(read["access_token"], inventory.access_tokens)
        app = None if token is None else inventory.apps.get(token.app)
        user = "" if token is None else token.user
    else:
        app = _app(inventory, read, match)
        user = "" if app is None or shown.system else _user(inventory, app, read, match)
    if app is None:
        raise _stranger(Number.NO_APP)
    if shown.system:
        if not app.system:
            raise _stranger(Number.NO_APP, f"the app {app.code} may not use system routes")
        user = shown.username or user or read.get("bk_username", "")
    if user not in inventory.members:
        raise _stranger(Number.NO_USER)
    return Caller(user=user, app=app.code, launch_mode=rows.BY_API)


def identity(shown: Shown) -> str:
    """Return whom failures are counted against: the app that a request names, or nobody."""
    try:
        return f"app {_read(shown.authorization).get('bk_app_code', '')[:NAME]}"
    except RefusalError:
        return "app "


def _app(inventory: Inventory, read: Mapping[str, str], match: Match) -> App | None:
    named = inventory.apps.get(read.get("bk_app_code", ""))
    stored: Mapping[str, App | None] = (
        {passwords.NOBODY: None} if named is None else {named.secret: named}
    )
    return match(read.get("bk_app_secret", ""), stored)


def _user(inventory: Inventory, app: App, read: Mapping[str, str], match: Match) -> str:
    token = read.get("bk_token") or read.get("bk_ticket")
    if token:
        member = match(token, inventory.tokens)
        return "" if member is None else member.name
    named = read.get("bk_username", "")
    return named if app.trusted & {named, ALL} else ""


def _read(header: str) -> Mapping[str, str]:
    """Return the texts of the JSON object in a header; anything else in it counts as absent."""
    try:
        tree: Json = json.loads(header, object_pairs_hook=_once) if len(header) <= _HEADER else None
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict):
        raise _stranger(Number.NO_APP, "X-Bkapi-Authorization is not one JSON object")
    return {name: value for name, value in tree.items() if isinstance(value, str)}


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("a name stands twice")
    return read


def _stranger(number: Number, why: str = "") -> RefusalError:
    return RefusalError(
        code=Code.UNAUTHENTICATED,
        number=number,
        message=f"cannot tell who calls: {why or 'nobody that is known shows these credentials'}",
        mend="show bk_app_code and bk_app_secret in X-Bkapi-Authorization, with bk_token, "
        "bk_ticket or an allowed bk_username; or an access_token",
    )
