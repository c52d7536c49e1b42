"""Whatever requests and callers name in an inventory has its name alone: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from runner.mistakes import Mistake
from runner.server import listed as lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runner.model import Path
    from runner.server.listed import Listed

# Where something stands, and an identity that it has, as a message shows it.
Named: TypeAlias = "tuple[Path, str]"


def mistakes(listed: Listed) -> Iterator[Mistake]:
    """Yield a mistake for each item that has an identity which one before has already."""
    for named in (
        _scopes(listed),
        _numbers(listed, "hosts"),
        _addresses(listed),
        _numbers(listed, "accounts"),
        _aliases(listed),
        _groups(listed),
        _texts(listed, "topology", "scope"),
        _nodes(listed, "topology", "sets"),
        _nodes(listed, "topology", "sets", "modules"),
        _texts(listed, "scripts", "id"),
        _numbers(listed, "scripts", "versions"),
        _versions(listed),
        _texts(listed, "apps", "code"),
        _texts(listed, "users", "name"),
    ):
        yield from _taken(named)
    # A hash is no secret, and yet nothing to be shown.
    yield from _taken(_tokens(listed), shown="hash")


def _scopes(listed: Listed) -> Iterator[Named]:
    for where, item in listed.each("scopes"):
        if name := lists.scope_name(item):
            yield where, f"name {name}"


def _numbers(listed: Listed, *path: str) -> Iterator[Named]:
    for where, item in listed.each(*path):
        if number := lists.number(item, "id"):
            yield where, f"id {number}"


def _addresses(listed: Listed) -> Iterator[Named]:
    for where, item in listed.each("hosts"):
        if ip := lists.text(item, "ip"):
            yield where, f"address {lists.number(item, 'cloud')}:{ip}"


def _texts(listed: Listed, path: str, name: str) -> Iterator[Named]:
    for where, item in listed.each(path):
        if text := lists.text(item, name):
            yield where, f"{name} {text}"


def _groups(listed: Listed) -> Iterator[Named]:
    for where, item in listed.each("groups"):
        name, scope = lists.text(item, "id"), lists.text(item, "scope")
        if name and scope:
            yield where, f"id {name} in {scope}"


def _nodes(listed: Listed, *path: str) -> Iterator[Named]:
    scopes = [lists.text(item, "scope") for _, item in listed.each("topology")]
    for where, item in listed.each(*path):
        number, scope = lists.number(item, "id"), scopes[int(where[1])]
        if number and scope:
            yield where, f"id {number} in {scope}"


def _versions(listed: Listed) -> Iterator[Named]:
    scripts = [lists.text(item, "id") for _, item in listed.each("scripts")]
    for where, item in listed.each("scripts", "versions"):
        name, script = lists.text(item, "version"), scripts[int(where[1])]
        if name and script:
            yield where, f"version {name} of {script}"


def _aliases(listed: Listed) -> Iterator[Named]:
    """Yield an account by its alias in each scope that has it."""
    every = listed.scopes()
    for where, item in listed.each("accounts"):
        if alias := lists.text(item, "alias"):
            for scope in lists.texts(item, "scopes") or every:
                yield where, f"alias {alias} in {scope}"


def _tokens(listed: Listed) -> Iterator[Named]:
    for where, item in listed.each("users", "tokens"):
        if isinstance(item, str):
            yield where, item
    for where, item in listed.each("users", "access_tokens"):
        if token := lists.text(item, "token"):
            yield (*where, "token"), token


def _taken(named: Iterable[Named], shown: str = "") -> Iterator[Mistake]:
    first: dict[str, Path] = {}
    told: set[Path] = set()
    for where, name in named:
        before = first.setdefault(name, where)
        if before != where and where not in told:
            told.add(where)
            yield Mistake(
                path=where,
                rule="identity-taken",
                message=f"cannot tell it from /{'/'.join(map(str, before))}: "
                f"both have the {shown or name}",
                mend="give each its own, or remove one",
            )
