"""Which scopes, hosts and accounts the platform has: from a YAML file, or the built-in ones.

Left to others: reading YAML strictly (`yaml12`), and reaching a host (`hosts`).
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from runner import narrow, requests
from runner.errors import PlatformError
from runner.yaml import yaml12

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from runner.model import Document, Json

T = TypeVar("T")
K = TypeVar("K")

SCOPE_TYPES = frozenset({"biz", "biz_set", "tenant_set"})
CONNECTIONS = frozenset({"local"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A business or business set that jobs are created in."""

    type: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host, and how it is reached."""

    id: int
    cloud: int
    ip: str
    connection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A name for the OS user that scripts run as."""

    id: int
    alias: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All that the platform knows, by what requests name it by."""

    scopes: Mapping[tuple[str, str], Scope]
    hosts: Mapping[int, Host]
    addresses: Mapping[tuple[int, str], Host]
    accounts: Mapping[int, Account]
    aliases: Mapping[str, Account]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """The OS user that the server runs as."""

    name: str
    home: str


def own_user() -> User:
    """Return the OS user of this process; by its number where the system has no name for it."""
    number = os.geteuid()
    try:
        entry = pwd.getpwuid(number)
    except KeyError:
        return User(name=str(number), home="/")
    return User(name=entry.pw_name, home=entry.pw_dir)


def built_in(user: User) -> Inventory:
    """Return what there is without a file: scope biz/2, 254 local hosts, one account."""
    return _inventory(
        scopes=(Scope(type="biz", id="2"),),
        hosts=tuple(
            Host(id=number, cloud=0, ip=f"127.0.0.{number}", connection="local")
            for number in range(1, 255)
        ),
        accounts=(Account(id=1, alias="operator", user=user.name),),
    )


def load(file: Path, user: User) -> Inventory:
    """Return what `file` says. Raises PlatformError with the place of the first fault."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PlatformError(
            f"cannot read the inventory {file}: {error.strerror}", mend="name a readable YAML file"
        ) from error
    checked = yaml12.document(str(file), content)
    if checked.value is None:
        finding = checked.findings[0]
        raise PlatformError(finding.message, mend=finding.mend, at=finding.place)
    return _Reader(checked.value, user).inventory()


class _Reader:
    """A document on its way to an inventory; whatever is wrong is raised with its place."""

    def __init__(self, document: Document, user: User) -> None:
        self._document = document
        self._user = user

    def inventory(self) -> Inventory:
        root = self._mapping(self._document.tree, (), _KEYS)
        for key, value in (("apiVersion", "jobgate/v1"), ("kind", "Inventory")):
            if root.get(key) != value:
                raise self._fault((key,), f"{key} is not {value}", f"write `{key}: {value}`")
        return _inventory(
            scopes=self._each("scopes", _SCOPE, _scope, lambda scope: {(scope.type, scope.id)}),
            hosts=self._each("hosts", _HOST, _host, lambda host: {host.id, (host.cloud, host.ip)}),
            accounts=self._each(
                "accounts", _ACCOUNT, self._account, lambda account: {account.id, account.alias}
            ),
        )

    def _each(
        self,
        name: str,
        keys: frozenset[str],
        make: Callable[[dict[str, Json]], T],
        identities: Callable[[T], set[K]],
    ) -> tuple[T, ...]:
        made: list[T] = []
        taken: set[K] = set()
        try:
            listed = narrow.items(self._document.tree, name)
        except TypeError as error:
            raise self._fault((name,), str(error), f"write `{name}` as a list") from error
        for index, item in enumerate(listed):
            path = (name, index)
            try:
                value = make(self._mapping(item, path, keys))
            except (TypeError, ValueError) as error:
                raise self._fault(path, str(error), _MENDS[name]) from error
            if taken & identities(value):
                raise self._fault(
                    path, "one before has the same id, address or alias", "give each its own"
                )
            taken |= identities(value)
            made.append(value)
        return tuple(made)

    def _account(self, item: dict[str, Json]) -> Account:
        user = narrow.text(item, "user") or self._user.name
        if user != self._user.name:
            raise ValueError(
                f"its user is {user}, and this server runs as {self._user.name}; "
                "it cannot yet run scripts as another user"
            )
        return Account(id=_positive(item, "id"), alias=_filled(item, "alias"), user=user)

    def _mapping(
        self, item: Json, path: tuple[str | int, ...], keys: frozenset[str]
    ) -> dict[str, Json]:
        if not isinstance(item, dict):
            raise self._fault(path, "it is not a mapping", "write it as `key: value` lines")
        unknown = sorted(item.keys() - keys)
        if unknown:
            known = ", ".join(sorted(keys))
            raise self._fault(
                (*path, unknown[0]), f"{unknown[0]} is not known here", f"use {known}", key=True
            )
        return item

    def _fault(
        self, path: tuple[str | int, ...], message: str, mend: str, *, key: bool = False
    ) -> PlatformError:
        place = self._document.place(path, key=key)
        where = f" at {place.pointer}" if place.pointer else ""
        return PlatformError(f"cannot use the inventory{where}: {message}", mend=mend, at=place)


_KEYS = frozenset({"apiVersion", "kind", "scopes", "hosts", "accounts"})
_SCOPE = frozenset({"type", "id", "name"})
_HOST = frozenset({"id", "cloud", "ip", "connection"})
_ACCOUNT = frozenset({"id", "alias", "user"})
_MENDS = {
    "scopes": 'write it as `{type: biz, id: "2"}`',
    "hosts": "write it as `{id: 1, cloud: 0, ip: 127.0.0.1, connection: local}`",
    "accounts": "write it as `{id: 1, alias: operator}`, without a user or with the server's own",
}


def _scope(item: dict[str, Json]) -> Scope:
    kind = _filled(item, "type")
    if kind not in SCOPE_TYPES:
        raise ValueError(f"type {kind} is none of {', '.join(sorted(SCOPE_TYPES))}")
    return Scope(type=kind, id=_filled(item, "id"), name=narrow.text(item, "name"))


def _host(item: dict[str, Json]) -> Host:
    ip = _filled(item, "ip")
    if not requests.is_ipv4(ip):
        raise ValueError(f"ip {ip} is no IPv4 address")
    connection = narrow.text(item, "connection") or "local"
    if connection not in CONNECTIONS:
        raise ValueError(f"connection {connection} is not offered: only local is")
    cloud = narrow.integer(item, "cloud", default=0)
    if cloud < 0:
        raise ValueError("cloud is below zero")
    return Host(id=_positive(item, "id"), cloud=cloud, ip=ip, connection=connection)


def _filled(item: dict[str, Json], name: str) -> str:
    value = narrow.text(item, name)
    if not value:
        raise ValueError(f"{name} is missing")
    return value


def _positive(item: dict[str, Json], name: str) -> int:
    value = narrow.integer(item, name, default=0)
    if value <= 0:
        raise ValueError(f"{name} is not a number above zero")
    return value


def _inventory(
    *, scopes: Iterable[Scope], hosts: tuple[Host, ...], accounts: tuple[Account, ...]
) -> Inventory:
    return Inventory(
        scopes={(scope.type, scope.id): scope for scope in scopes},
        hosts={host.id: host for host in hosts},
        addresses={(host.cloud, host.ip): host for host in hosts},
        accounts={account.id: account for account in accounts},
        aliases={account.alias: account for account in accounts},
    )
