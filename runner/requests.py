"""What stages and server share about a request: its names for numbers, whom it names, how long.

A body that the schema would refuse is no reason to fail here: what is not of the right shape
counts as absent, and the schema says so.
"""

from __future__ import annotations

import base64
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner import rolling, scatter
from runner.model import Targets
from runner.narrow import at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Json

LANGUAGES: Mapping[str, int] = MappingProxyType(
    {"shell": 1, "bat": 2, "perl": 3, "python": 4, "powershell": 5}
)
ROLLING_TYPES: Mapping[str, int] = MappingProxyType({"targets": 1, "source_files": 2})
ROLLING_MODES: Mapping[str, int] = MappingProxyType(
    {"pause_on_failure": 1, "ignore_failure": 2, "manual": 3}
)
EXECUTION_MODES: Mapping[str, int] = MappingProxyType({"serial": 1, "scatter": 2})

TIMEOUT = 7200  # the platform's own default, in seconds

# Two digits may begin with a zero and three may not, as the platform has it.
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[0-9]{1,2})"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
# The first character behind the colon is never the end, whatever it is.
_DATE_MACRO = re.compile(r"\[DATEFMT:[\s\S][^\]]*\]")


def number(names: Mapping[str, int], value: Json) -> Json:
    """Return the number of a name; anything else as it is, for the schema to judge."""
    return names.get(value, value) if isinstance(value, str) else value


def name(names: Mapping[str, int], value: Json) -> str:
    """Return the name of a number; a number without one, or another value, as text."""
    return next(
        (text for text, known in names.items() if known == value and type(value) is int), str(value)
    )


def is_ipv4(text: str) -> bool:
    """Tell whether the platform takes `text` for an address of a host."""
    return _IPV4.fullmatch(text) is not None


def decode(text: str) -> bytes | None:
    """Return what `text` is the canonical Base64 of, or None.

    Strict where the platform is lenient: it skips foreign characters, and drops a parameter
    whose last unused bits are not zero without a word.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return content if base64.b64encode(content) == text.encode("ascii") else None


def targets(body: Mapping[str, Json]) -> Targets:
    """Return whom `body` names, in the platform's own order, each at its first occurrence.

    Hosts are `cloud:ip` or `#bk_host_id`. Open ones are `group:id`, `topo:type/id` and
    `container:clusters/namespaces`. Whether an id and an address are one host, only the platform
    knows.
    """
    whole = dict(body)
    hosts = dict.fromkeys(
        label for host in _mappings(whole, "host_list") if (label := _host(host)) is not None
    )
    return Targets(hosts=tuple(hosts), open=tuple(dict.fromkeys(_open(whole))))


def batches(body: Mapping[str, Json]) -> tuple[int, ...]:
    """Return how many hosts each rolling batch takes; one batch of all where nothing rolls.

    Empty where it cannot be said: open targets, a faulty expression, rolling by source files.
    """
    named = targets(body)
    if named.open or not named.hosts:
        return ()
    rolls = body.get("rolling_config")
    if not isinstance(rolls, dict):
        return (len(named.hosts),)
    expression = rolls.get("expression")
    if not isinstance(expression, str) or rolls.get("type", 1) != 1:
        return ()
    made = rolling.sizes(expression, len(named.hosts))
    return () if isinstance(made, rolling.Fault) else made


def longest_run(body: Mapping[str, Json], batches: tuple[int, ...]) -> int:
    """Return the most seconds that scripts can run for, first to last; a person's pauses excluded.

    Rolling batches that are not known count as the most that the platform allows.
    """
    timeout = _count(body.get("timeout"), TIMEOUT)
    timed = waits(body)
    if timed is not None:
        last = scatter.windows(len(batches) or scatter.MOST, timed)[-1].latest
        return timeout + -(-last // 1000)
    rolls = isinstance(body.get("rolling_config"), dict)
    return timeout * (len(batches) or (rolling.MOST if rolls else 1))


def waits(body: Mapping[str, Json]) -> scatter.Waits | None:
    """Return the waits between the batches of a scatter job, absent ones as 0; None for others."""
    rolls = dict(body)
    if at(rolls, "rolling_config", "execution_mode") != EXECUTION_MODES["scatter"]:
        return None
    fixed, least, most = (
        _count(at(rolls, "rolling_config", f"batch_start_wait_{part}_ms"), 0)
        for part in ("fixed", "random_min", "random_max")
    )
    return scatter.Waits(fixed=fixed, least=least, most=most)


def date_macros(body: Mapping[str, Json]) -> tuple[str, ...]:
    """Return each macro in `script_param` that the platform turns into a date at dispatch."""
    param = body.get("script_param")
    plain = decode(param) if isinstance(param, str) else None
    text = (plain or b"").decode("utf-8", "replace")
    return tuple(dict.fromkeys(_DATE_MACRO.findall(text)))


def _host(host: dict[str, Json]) -> str | None:
    identity, cloud, ip = host.get("bk_host_id"), host.get("bk_cloud_id"), host.get("ip")
    if type(identity) is int:
        return f"#{identity}"
    if type(cloud) is int and isinstance(ip, str):
        return f"{cloud}:{ip}"
    return None


def _open(whole: dict[str, Json]) -> Iterator[str]:
    for group in _mappings(whole, "dynamic_group_list"):
        yield f"group:{group.get('id')}"
    for node in _mappings(whole, "topo_node_list"):
        yield f"topo:{node.get('node_type')}/{node.get('id')}"
    for pods in _mappings(whole, "kube_container_filters"):
        clusters = _joined(at(pods, "kube_cluster_filter", "cluster_uid_list"))
        spaces = _joined(at(pods, "kube_namespace_filter", "namespace_name_list"))
        yield f"container:{clusters}/{spaces}"


def _joined(names: Json) -> str:
    return ",".join(map(str, names)) if isinstance(names, list) and names else "*"


def _mappings(whole: dict[str, Json], list_name: str) -> Iterator[dict[str, Json]]:
    listed = at(whole, "execute_target", list_name)
    yield from (
        item for item in (listed if isinstance(listed, list) else ()) if isinstance(item, dict)
    )


def _count(value: Json, default: int) -> int:
    return value if type(value) is int else default
