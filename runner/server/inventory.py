"""What the platform knows: scopes, hosts, groups, accounts, scripts, dangers, callers.

Left to others: reading it from a YAML file (`inventoryfile`), who may do what (`access`), and
reaching a host (`hosts`).
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.labelselector import Requirement
    from runner.server.callers import AccessToken, App, Member
    from runner.server.scripts import Danger, Script, Version

# The type and the id of a scope, as requests name it; in messages and in the file `type/id`.
ScopeKey: TypeAlias = tuple[str, str]


# ---------------------------------------------------------------- what is run on, and where


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A business or business set that jobs are created in."""

    type: str
    id: str
    name: str = ""

    @property
    def key(self) -> ScopeKey:
        """Return what requests name it by."""
        return self.type, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host, and how it is reached; `scopes` is None where it belongs to every one."""

    id: int
    cloud: int
    ip: str
    connection: str
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    scopes: frozenset[ScopeKey] | None = None

    def belongs(self, scope: ScopeKey) -> bool:
        """Tell whether jobs of `scope` may run on it."""
        return self.scopes is None or scope in self.scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The hosts of a scope whose labels meet all of `selector`."""

    id: str
    scope: ScopeKey
    selector: tuple[Requirement, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A set or a module of a scope's topology, with its hosts in order."""

    type: str
    id: int
    scope: ScopeKey
    hosts: tuple[Host, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A name for the OS user that scripts run as; `scopes` is None where each one has it."""

    id: int
    alias: str
    user: str
    scopes: frozenset[ScopeKey] | None = None

    def belongs(self, scope: ScopeKey) -> bool:
        """Tell whether jobs of `scope` may run as it."""
        return self.scopes is None or scope in self.scopes


# ---------------------------------------------------------------- all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything that an inventory says, in its order; `callbacks` is None where each is taken."""

    scopes: tuple[Scope, ...]
    hosts: tuple[Host, ...]
    accounts: tuple[Account, ...]
    groups: tuple[Group, ...] = ()
    nodes: tuple[Node, ...] = ()
    scripts: tuple[Script, ...] = ()
    dangers: tuple[Danger, ...] = ()
    callbacks: tuple[str, ...] | None = None
    apps: tuple[App, ...] = ()
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All that the platform knows, by what requests name it by.

    `tokens` and `access_tokens` go from the hash of a token to whom it stands for.
    """

    scopes: Mapping[ScopeKey, Scope]
    hosts: Mapping[int, Host]
    addresses: Mapping[tuple[int, str], Host]
    accounts: Mapping[int, Account]
    aliases: Mapping[str, tuple[Account, ...]]
    groups: Mapping[tuple[ScopeKey, str], Group]
    nodes: Mapping[tuple[ScopeKey, str, int], Node]
    scripts: Mapping[str, Script]
    versions: Mapping[int, Version]
    dangers: tuple[Danger, ...]
    callbacks: tuple[str, ...] | None
    apps: Mapping[str, App]
    members: Mapping[str, Member]
    tokens: Mapping[str, Member]
    access_tokens: Mapping[str, AccessToken]

    def account(self, scope: ScopeKey, alias: str) -> Account | None:
        """Return the account that `alias` stands for in `scope`."""
        named = self.aliases.get(alias, ())
        return next((account for account in named if account.belongs(scope)), None)


def indexed(contents: Contents) -> Inventory:
    """Return the inventory of `contents`; identities in it are not taken twice."""
    return Inventory(
        scopes={scope.key: scope for scope in contents.scopes},
        hosts={host.id: host for host in contents.hosts},
        addresses={(host.cloud, host.ip): host for host in contents.hosts},
        accounts={account.id: account for account in contents.accounts},
        aliases=_by_alias(contents.accounts),
        groups={(group.scope, group.id): group for group in contents.groups},
        nodes={(node.scope, node.type, node.id): node for node in contents.nodes},
        scripts={script.id: script for script in contents.scripts},
        versions={
            version.id: version for script in contents.scripts for version in script.versions
        },
        dangers=contents.dangers,
        callbacks=contents.callbacks,
        apps={app.code: app for app in contents.apps},
        members={member.name: member for member in contents.members},
        tokens={token: member for member in contents.members for token in member.tokens},
        access_tokens={
            each.token: each for member in contents.members for each in member.access_tokens
        },
    )


def _by_alias(accounts: Iterable[Account]) -> Mapping[str, tuple[Account, ...]]:
    found: dict[str, tuple[Account, ...]] = {}
    for account in accounts:
        found[account.alias] = (*found.get(account.alias, ()), account)
    return MappingProxyType(found)


# ---------------------------------------------------------------- without a file


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """The OS user that the server runs as; `root` tells that it may run scripts as any other."""

    name: str
    home: str
    root: bool = False


def own_user() -> User:
    """Return the OS user of this process; by its number where the system has no name for it."""
    number = os.geteuid()
    try:
        entry = pwd.getpwuid(number)
    except KeyError:
        return User(name=str(number), home="/", root=number == 0)
    return User(name=entry.pw_name, home=entry.pw_dir, root=number == 0)


def built_in(user: User) -> Inventory:
    """Return what there is without a file: scope biz/2, 254 local hosts, one account."""
    return indexed(
        Contents(
            scopes=(Scope(type="biz", id="2"),),
            hosts=tuple(
                Host(id=number, cloud=0, ip=f"127.0.0.{number}", connection="local")
                for number in range(1, 255)
            ),
            accounts=(Account(id=1, alias="operator", user=user.name),),
        )
    )
