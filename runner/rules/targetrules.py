"""Rules about the targets of a request and how they are rolled over."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from runner import requests, rolling, scatter
from runner.mistakes import Mistake
from runner.model import Severity
from runner.narrow import at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from runner.model import Json
    from runner.rules.requestbody import Body

# What narrows a cluster down, by what has to be filled in it for the platform to look at it.
_NARROW = MappingProxyType(
    {
        "kube_namespace_filter": ("namespace_name_list",),
        "kube_workload_filter": ("workload_name_list",),
        "kube_pod_filter": ("pod_name_list", "label_selector", "label_selector_expr"),
        "kube_container_prop_filter": ("container_name_list",),
    }
)
_OPEN = ("dynamic_group_list", "topo_node_list", "kube_container_filters")


# ---------------------------------------------------------------- targets


def repeated_targets(body: Body) -> Iterator[Mistake]:
    """Each target is named once: the platform drops the second, and batches shrink."""
    for field, identify in (
        ("host_list", _host),
        ("dynamic_group_list", _group),
        ("topo_node_list", _node),
    ):
        yield from _repeats(body, ("execute_target", field), identify)


def container_targets(body: Body) -> Iterator[Mistake]:
    """Containers stand alone, and in a business: the platform refuses them elsewhere."""
    path = ("execute_target", "kube_container_filters")
    if not at(body.tree, *path):
        return
    lists = ("host_list", "dynamic_group_list", "topo_node_list")
    if any(at(body.tree, "execute_target", field) for field in lists):
        yield Mistake(
            path=path,
            rule="mixed-targets",
            message="cannot run on hosts and containers in one job",
            mend="write two specs: one for the hosts, one for the containers",
        )
    if body.text("bk_scope_type") in {"biz_set", "tenant_set"}:
        yield Mistake(
            path=path,
            rule="containers-need-biz",
            message="cannot run on containers in a set: the platform finds them in a business only",
            mend="write bk_scope_type: biz and the id of the business",
        )


def whole_clusters(body: Body) -> Iterator[Mistake]:
    """A filter that names a cluster alone says so, and one that says so has nothing else.

    The platform refuses the first. The second it runs on every container of the cluster, whatever
    else the filter asks for.
    """
    path = ("execute_target", "kube_container_filters")
    for index, pods in body.mappings(*path):
        narrow = [name for name in _NARROW if any(at(pods, name, part) for part in _NARROW[name])]
        whole = pods.get("execute_in_whole_cluster") is True
        if whole and narrow:
            yield Mistake(
                path=(*path, index, "execute_in_whole_cluster"),
                rule="whole-cluster",
                message="cannot run in the whole cluster and keep to "
                f"{narrow[0]}: the platform would not look at it",
                mend=f"write false, or remove {' and '.join(narrow)}",
            )
        elif not whole and not narrow:
            yield Mistake(
                path=(*path, index),
                rule="whole-cluster",
                message="cannot run in a cluster without saying where in it: the platform wants "
                "a filter that names something",
                mend=f"fill one of {', '.join(_NARROW)}, or write execute_in_whole_cluster: true",
            )


def node_types(body: Body) -> Iterator[Mistake]:
    """The API page names two types of topology nodes; the platform asks the CMDB about others."""
    for index, node in body.mappings("execute_target", "topo_node_list"):
        if isinstance(node.get("node_type"), str) and node["node_type"] not in {"module", "set"}:
            yield Mistake(
                path=("execute_target", "topo_node_list", index, "node_type"),
                rule="undocumented-node-type",
                message="cannot vouch for this node_type: the API names module and set alone",
                mend="write module or set, or make sure that the CMDB knows the type",
                severity=Severity.WARNING,
            )


# ---------------------------------------------------------------- rolling


def rolling_kind(body: Body) -> Iterator[Mistake]:
    """A script job has no source files to roll by: the platform takes it, and the job fails."""
    if body.number("rolling_config", "type") == requests.ROLLING_TYPES["source_files"]:
        yield Mistake(
            path=("rolling_config", "type"),
            rule="source-files-on-script",
            message="cannot roll by source files: a script job has none, and the platform would "
            "take the job and fail it",
            mend="roll by targets (type 1) with an expression",
        )


def scatter_waits(body: Body) -> Iterator[Mistake]:
    """The most that chance adds to a wait is not below the least."""
    least = body.number("rolling_config", "batch_start_wait_random_min_ms")
    most = body.number("rolling_config", "batch_start_wait_random_max_ms")
    if _scatters(body) and least is not None and most is not None and most < least:
        yield Mistake(
            path=("rolling_config", "batch_start_wait_random_max_ms"),
            rule="scatter-waits",
            message=f"cannot wait at most {most} ms: the least random wait is {least} ms",
            mend=f"write {least} or more",
        )


def rolling_batches(body: Body) -> Iterator[Mistake]:
    """The expression can be read, and makes no more batches than the platform allows."""
    path = ("rolling_config", "expression")
    expression = body.text(*path)
    if not expression or not expression.strip() or _by_files(body):
        return
    # Where only the platform can count the targets, the expression itself is judged.
    known = not any(at(body.tree, "execute_target", field) for field in _OPEN)
    hosts = sum(1 for _ in body.mappings("execute_target", "host_list"))
    made = rolling.sizes(expression, hosts if known and hosts else 1)
    if isinstance(made, rolling.Fault):
        rule = "rolling-expression" if made.code == rolling.BAD_PART else "too-many-batches"
        yield Mistake(path=path, rule=rule, message=made.message, mend=made.mend)
    elif _scatters(body) and len(made) > scatter.MOST:
        yield Mistake(
            path=path,
            rule="too-many-batches",
            message=f"cannot scatter {len(made)} batches: the platform allows {scatter.MOST}",
            mend="take more targets in a batch",
        )


def _repeats(
    body: Body, path: tuple[str, str], identify: Callable[[dict[str, Json]], Hashable | None]
) -> Iterator[Mistake]:
    first: dict[Hashable, int] = {}
    for index, item in body.mappings(*path):
        identity = identify(item)
        before = index if identity is None else first.setdefault(identity, index)
        if before != index:
            yield Mistake(
                path=(*path, index),
                rule="repeated-target",
                message=f"cannot name a target twice: it is the same as item {before + 1}",
                mend="remove it",
            )


def _host(item: dict[str, Json]) -> Hashable | None:
    number, cloud, ip = item.get("bk_host_id"), item.get("bk_cloud_id"), item.get("ip")
    if type(number) is int:
        return number
    if type(cloud) is int and isinstance(ip, str) and requests.is_ipv4(ip):
        return (cloud, *map(int, ip.split(".")))
    return None


def _group(item: dict[str, Json]) -> Hashable | None:
    name = item.get("id")
    return name if isinstance(name, str) else None


def _node(item: dict[str, Json]) -> Hashable | None:
    kind, number = item.get("node_type"), item.get("id")
    return (kind, number) if isinstance(kind, str) and type(number) is int else None


def _scatters(body: Body) -> bool:
    mode = body.number("rolling_config", "execution_mode")
    return mode == requests.EXECUTION_MODES["scatter"]


def _by_files(body: Body) -> bool:
    kind = at(body.tree, "rolling_config", "type")
    return kind is not None and kind != requests.ROLLING_TYPES["targets"]
