"""The tree of an inventory in which nothing is wrong into what it says: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import labelselector, narrow, requests
from runner.server.callers import AccessToken, App, Grant, Member, Permission
from runner.server.inventory import Account, Contents, Group, Host, Node, Scope
from runner.server.scripts import Action, Danger, Level, Script, ScriptStatus, Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.labelselector import Requirement
    from runner.model import Json, Path
    from runner.server.inventory import ScopeKey, User


def contents(tree: Json, user: User, scripts: Mapping[Path, bytes]) -> Contents:
    """Return what `tree` says; `user` is whom the server runs as.

    `scripts` has the content of each version by the path of that.
    """
    hosts = {host.id: host for host in map(_host, narrow.items(tree, "hosts"))}
    callbacks = narrow.at(tree, "callbacks")
    return Contents(
        scopes=tuple(map(_scope, narrow.items(tree, "scopes"))),
        hosts=tuple(hosts.values()),
        accounts=tuple(_account(item, user) for item in narrow.items(tree, "accounts")),
        groups=tuple(map(_group, narrow.items(tree, "groups"))),
        nodes=tuple(
            node for item in narrow.items(tree, "topology") for node in _nodes(item, hosts)
        ),
        scripts=tuple(
            _script(item, index, scripts)
            for index, item in enumerate(narrow.items(tree, "scripts"))
        ),
        dangers=tuple(map(_danger, narrow.items(tree, "danger"))),
        callbacks=None if callbacks is None else narrow.texts(tree, "callbacks"),
        apps=tuple(map(_app, narrow.items(tree, "apps"))),
        members=tuple(map(_member, narrow.items(tree, "users"))),
    )


# ---------------------------------------------------------------- what is run on, and where


def _scope(item: Json) -> Scope:
    return Scope(
        type=narrow.text(item, "type"), id=narrow.text(item, "id"), name=narrow.text(item, "name")
    )


def _host(item: Json) -> Host:
    return Host(
        id=_id(item),
        cloud=narrow.integer(item, "cloud", default=0),
        ip=narrow.text(item, "ip"),
        connection=narrow.text(item, "connection") or "local",
        name=narrow.text(item, "name"),
        labels={key: str(value) for key, value in narrow.mapping(item, "labels").items()},
        scopes=_keys(item),
    )


def _account(item: Json, user: User) -> Account:
    return Account(
        id=_id(item),
        alias=narrow.text(item, "alias"),
        user=narrow.text(item, "user") or user.name,
        scopes=_keys(item),
    )


def _group(item: Json) -> Group:
    return Group(
        id=narrow.text(item, "id"),
        scope=_key(narrow.text(item, "scope")),
        selector=_selector(narrow.text(item, "selector")),
        name=narrow.text(item, "name"),
    )


def _nodes(item: Json, hosts: Mapping[int, Host]) -> Iterator[Node]:
    """Yield each set, with the hosts of its modules, and each module."""
    scope = _key(narrow.text(item, "scope"))
    for each in narrow.items(item, "sets"):
        modules = [_node("module", one, scope, hosts) for one in narrow.items(each, "modules")]
        its = {host.id: host for module in modules for host in module.hosts}
        yield Node(
            type="set",
            id=_id(each),
            scope=scope,
            hosts=tuple(its.values()),
            name=narrow.text(each, "name"),
        )
        yield from modules


def _node(kind: str, item: Json, scope: ScopeKey, hosts: Mapping[int, Host]) -> Node:
    named = narrow.items(item, "hosts")
    return Node(
        type=kind,
        id=_id(item),
        scope=scope,
        hosts=tuple(hosts[number] for number in named if isinstance(number, int)),
        name=narrow.text(item, "name"),
    )


# ---------------------------------------------------------------- what is run


def _script(item: Json, index: int, scripts: Mapping[Path, bytes]) -> Script:
    scope = narrow.text(item, "scope")
    name = narrow.text(item, "id")
    return Script(
        id=name,
        name=narrow.text(item, "name"),
        scope=_key(scope) if scope else None,
        language=_language(narrow.text(item, "language")),
        versions=tuple(
            _version(each, name, scripts["scripts", index, "versions", place])
            for place, each in enumerate(narrow.items(item, "versions"))
        ),
        description=narrow.text(item, "description"),
    )


def _version(item: Json, script: str, content: bytes) -> Version:
    return Version(
        id=_id(item),
        script=script,
        name=narrow.text(item, "version"),
        status=ScriptStatus[narrow.text(item, "status").upper()],
        content=content,
        description=narrow.text(item, "description"),
    )


def _danger(item: Json) -> Danger:
    named = narrow.texts(item, "languages") or tuple(requests.LANGUAGES)
    return Danger(
        expression=narrow.text(item, "expression"),
        languages=frozenset(map(_language, named)),
        action=Action[narrow.text(item, "action").upper()],
        level=Level[narrow.text(item, "level").upper()],
        description=narrow.text(item, "description"),
    )


# ---------------------------------------------------------------- who may use it


def _app(item: Json) -> App:
    return App(
        code=narrow.text(item, "code"),
        secret=narrow.text(item, "secret"),
        trusted=frozenset(narrow.texts(item, "trusted")),
        system=narrow.boolean(item, "system", default=False),
    )


def _member(item: Json) -> Member:
    name = narrow.text(item, "name")
    return Member(
        name=name,
        password=narrow.text(item, "password"),
        tokens=narrow.texts(item, "tokens"),
        access_tokens=tuple(
            AccessToken(app=narrow.text(each, "app"), user=name, token=narrow.text(each, "token"))
            for each in narrow.items(item, "access_tokens")
        ),
        may=tuple(map(_grant, narrow.items(item, "may"))),
    )


def _grant(item: Json) -> Grant:
    hosts = narrow.text(item, "hosts")
    return Grant(
        scope=_key(narrow.text(item, "scope")),
        actions=frozenset(map(Permission, narrow.texts(item, "actions"))),
        accounts=frozenset(narrow.texts(item, "accounts")),
        hosts=_selector(hosts) if hosts else None,
    )


# ---------------------------------------------------------------- parts


def _id(item: Json) -> int:
    return narrow.integer(item, "id", default=0)


def _key(name: str) -> ScopeKey:
    kind, _, number = name.partition("/")
    return kind, number


def _keys(item: Json) -> frozenset[ScopeKey] | None:
    return frozenset(map(_key, narrow.texts(item, "scopes"))) or None


def _language(name: str) -> int:
    return requests.LANGUAGES[name]


def _selector(text: str) -> tuple[Requirement, ...]:
    read = labelselector.requirements(text)
    if isinstance(read, labelselector.Fault):
        raise TypeError(f"not a selector: {text!r}")
    return read
