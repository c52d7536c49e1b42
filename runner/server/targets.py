"""Whom a request names, into hosts of the inventory in the platform's order: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import narrow
from runner.server import labels
from runner.server.answers import Code, Number, RefusalError, not_offered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Json
    from runner.server.bodies import Body, HostName
    from runner.server.inventory import Host, Inventory, ScopeKey

MOST = 50_000
_CONTAINERS = "kube_container_filters"


def hosts(body: Body, scope: ScopeKey, inventory: Inventory) -> tuple[Host, ...]:
    """Return the hosts that `body` names, each at its first occurrence. Raises RefusalError.

    First come those that are named one by one, then the groups, then the nodes of the topology.
    """
    if not body.targeted:
        raise _none("execute_target is missing", "name hosts in execute_target/host_list")
    target = narrow.mapping(body.tree, "execute_target")
    if narrow.items(target, _CONTAINERS):
        raise not_offered(f"execute_target/{_CONTAINERS}", "name hosts, groups or nodes")
    found = {host.id: host for host in _named(body.hosts, scope, inventory)}
    for each in narrow.items(target, "dynamic_group_list"):
        _add(found, _group(narrow.text(each, "id"), scope, inventory))
    for each in narrow.items(target, "topo_node_list"):
        _add(found, _node(each, scope, inventory))
    if not found:
        raise _none("its groups and nodes hold no host", "name some that have hosts")
    if len(found) > MOST:
        raise RefusalError(
            code=Code.RESOURCE_EXHAUSTED,
            number=Number.TOO_MANY_TARGETS,
            message=f"cannot accept the request: it names {len(found)} hosts",
            mend=f"name at most {MOST}",
        )
    return tuple(found.values())


def _add(found: dict[int, Host], more: Iterable[Host]) -> None:
    for host in more:
        found.setdefault(host.id, host)


# ---------------------------------------------------------------- one by one


def _named(names: Iterable[HostName], scope: ScopeKey, inventory: Inventory) -> Iterator[Host]:
    foreign: list[str] = []
    unknown: list[str] = []
    for name in names:
        host = inventory.hosts.get(name) if isinstance(name, int) else inventory.addresses.get(name)
        if host is None:
            unknown.append(_label(name))
        elif not host.belongs(scope):
            foreign.append(_label(name))
        else:
            yield host
    if unknown:
        raise _unusable(Number.UNKNOWN_HOST, unknown, "not in the inventory")
    if foreign:
        raise _unusable(Number.FOREIGN_HOST, foreign, f"not in the scope {'/'.join(scope)}")


def _unusable(number: Number, names: list[str], why: str) -> RefusalError:
    others = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return RefusalError(
        code=Code.FAILED_PRECONDITION,
        number=number,
        message=f"cannot accept the request: host {names[0]} is {why}{others}",
        mend="name hosts that the inventory has in the scope",
    )


def _label(name: HostName) -> str:
    return f"#{name}" if isinstance(name, int) else f"{name[0]}:{name[1]}"


# ---------------------------------------------------------------- groups and nodes


def _group(name: str, scope: ScopeKey, inventory: Inventory) -> Iterator[Host]:
    group = inventory.groups.get((scope, name))
    if group is None:
        raise _none(
            f"there is no dynamic group {name!r} in {'/'.join(scope)}",
            "name a group that the inventory has in the scope",
        )
    for host in inventory.hosts.values():
        if host.belongs(scope) and labels.met(group.selector, host.labels):
            yield host


def _node(node: Json, scope: ScopeKey, inventory: Inventory) -> Iterable[Host]:
    """Return the hosts of a set or module, or those of a whole business that are in the scope."""
    kind, number = narrow.text(node, "node_type"), narrow.integer(node, "id", default=0)
    known = inventory.nodes.get((scope, kind, number))
    if known is not None:
        return known.hosts
    business = (kind, str(number))
    if kind == "biz" and business in inventory.scopes:
        return _business(inventory.hosts, business, scope)
    raise _none(
        f"there is no {kind} {number} in the topology of {'/'.join(scope)}",
        "name a set or module that the inventory has in the scope",
    )


def _business(known: Mapping[int, Host], business: ScopeKey, scope: ScopeKey) -> Iterator[Host]:
    return (host for host in known.values() if host.belongs(business) and host.belongs(scope))


def _none(what: str, mend: str) -> RefusalError:
    return RefusalError(
        code=Code.FAILED_PRECONDITION,
        number=Number.NO_TARGET,
        message=f"cannot accept the request: {what}",
        mend=mend,
    )
