"""Whom a request names, into hosts of the inventory in the platform's order: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import narrow, requests
from runner.server.answers import Code, Number, RefusalError, field, not_offered

if TYPE_CHECKING:
    from runner.model import Json
    from runner.server.inventory import Host, Inventory

MOST = 50_000
_OPEN = ("dynamic_group_list", "topo_node_list", "kube_container_filters")


def hosts(body: dict[str, Json], inventory: Inventory) -> tuple[Host, ...]:
    """Return the hosts that `body` names, each at its first occurrence. Raises RefusalError."""
    target = narrow.mapping(body, "execute_target")
    if body.get("execute_target") is None:
        raise _none("execute_target is missing")
    for name in _OPEN:
        if narrow.items(target, name):
            raise not_offered(f"execute_target/{name}", "name the hosts in host_list")
    listed = narrow.items(target, "host_list")
    if not listed:
        raise field("execute_target names nobody", "name hosts in host_list")
    found = tuple(dict.fromkeys(_host(item, inventory) for item in listed))
    if len(found) > MOST:
        raise RefusalError(
            code=Code.RESOURCE_EXHAUSTED,
            number=Number.TOO_MANY_TARGETS,
            message=f"cannot accept the request: it names {len(found)} hosts",
            mend=f"name at most {MOST}",
        )
    return found


def _host(item: Json, inventory: Inventory) -> Host:
    number = narrow.integer(item, "bk_host_id", default=0)
    if number > 0:
        host = inventory.hosts.get(number)
        named = f"#{number}"
    else:
        cloud, ip = narrow.integer(item, "bk_cloud_id", default=-1), narrow.text(item, "ip")
        if cloud < 0 or not requests.is_ipv4(ip):
            raise field(
                "a host has neither bk_host_id nor bk_cloud_id and an IPv4 ip",
                "name each host by its id, or by cloud and address",
            )
        host = inventory.addresses.get((cloud, ip))
        named = f"{cloud}:{ip}"
    if host is None:
        raise RefusalError(
            code=Code.FAILED_PRECONDITION,
            number=Number.UNKNOWN_HOST,
            message=f"cannot accept the request: host {named} is not in the inventory",
            mend="name hosts of the inventory",
        )
    return host


def _none(message: str) -> RefusalError:
    return RefusalError(
        code=Code.FAILED_PRECONDITION,
        number=Number.NO_TARGET,
        message=f"cannot accept the request: {message}",
        mend="name hosts in execute_target/host_list",
    )
