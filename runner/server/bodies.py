"""A request body as the platform reads it, or the first thing that is wrong with it: pure.

It is judged by the same schema and the same rules as `jobgate check --request`, so what is refused
there is refused here. Two things are kept for later, when what they depend on is known: who the
account is, and whether the expression suits the number of hosts.

A list of many hosts is looked at once, host by host; only those that are not written in the plain
way go through schema and rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runner import narrow, refusing
from runner.model import Severity
from runner.server.answers import Code, Number, RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runner.mistakes import Mistake
    from runner.model import Json, Path

# A host as a request names it: by its id, or by its cloud and address.
HostName: TypeAlias = int | tuple[int, str]

_HOSTS = ("execute_target", "host_list")
_HOST_KEYS = frozenset({"bk_host_id", "bk_cloud_id", "ip"})
_LONG = 2**63
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PLAIN = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_ANYBODY: dict[str, Json] = {"host_list": [{"bk_host_id": 1}]}
# What is judged later, or by other means; with a path, only there.
_LATER_RULES = frozenset({"rolling-expression", "too-many-batches", "containers-need-biz"})
_LATER: frozenset[tuple[str, Path]] = frozenset(
    {
        ("wrong-form", ("account_alias",)),
        ("out-of-range", ("account_id",)),
        ("wrong-count", _HOSTS),
    }
)
_SECRET = frozenset({"encrypted_password", "script_param"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body without mistakes: `tree` without its hosts, which stand in `hosts`, in their order.

    `targeted` tells that there is an execute_target at all.
    """

    tree: dict[str, Json]
    hosts: tuple[HostName, ...]
    targeted: bool


def body(tree: dict[str, Json]) -> Body:
    """Return what `tree` says. Raises RefusalError for the first thing that is wrong with it."""
    listed = narrow.at(tree, *_HOSTS)
    hosts = listed if isinstance(listed, list) else []
    names = [_plain(host) for host in hosts]
    kept = [index for index, name in enumerate(names) if name is None] or [0][: len(hosts)]
    judged = refusing.raw(_shortened(tree, [hosts[index] for index in kept]))
    wrong = [_placed(each, kept) for each in judged.mistakes if _counts(each)]
    if wrong:
        raise _refusal(min(wrong, key=lambda each: _order(tree, each)), tree)
    read = narrow.mapping(judged.read.tree)
    for index, host in zip(kept, narrow.items(read, *_HOSTS), strict=False):
        names[index] = _named(host)
    return Body(
        tree=read,
        hosts=tuple(_unrepeated([name for name in names if name is not None])),
        targeted=tree.get("execute_target") is not None,
    )


# ---------------------------------------------------------------- hosts


def _plain(host: Json) -> HostName | None:
    """Return the name of a host in whose writing nothing can be wrong, or None for any other."""
    if not isinstance(host, dict) or not host.keys() <= _HOST_KEYS:
        return None
    number = host.get("bk_host_id")
    if type(number) is int:
        return number if 0 < number < _LONG else None
    cloud, ip = host.get("bk_cloud_id"), host.get("ip")
    if number is not None or type(cloud) is not int or not isinstance(ip, str):
        return None
    return (cloud, ip) if 0 <= cloud < _LONG and _PLAIN.fullmatch(ip) else None


def _named(host: Json) -> HostName:
    number = narrow.integer(host, "bk_host_id", default=0)
    return number or (narrow.integer(host, "bk_cloud_id", default=0), narrow.text(host, "ip"))


def _unrepeated(names: Sequence[HostName]) -> Iterator[HostName]:
    """Yield each name; raise for a host that is named twice in the same way."""
    first: dict[HostName, int] = {}
    for index, name in enumerate(names):
        before = first.setdefault(_identity(name), index)
        if before != index:
            raise RefusalError(
                code=Code.INVALID_ARGUMENT,
                number=Number.FIELD,
                message="cannot name a target twice: it is the same as item "
                f"{before + 1} (at {'/'.join(_HOSTS)}/{index})",
                mend="remove it",
            )
        yield name


def _identity(name: HostName) -> HostName:
    if isinstance(name, int) or _PLAIN.fullmatch(name[1]):
        return name
    return name[0], ".".join(str(int(octet)) for octet in name[1].split("."))


def _shortened(tree: dict[str, Json], hosts: list[Json]) -> dict[str, Json]:
    """Return `tree` with these hosts alone; where it names no target at all, with any one."""
    target = tree.get("execute_target")
    if target is None:
        return {**tree, "execute_target": _ANYBODY}
    if not isinstance(target, dict) or not isinstance(target.get("host_list"), list):
        return tree
    return {**tree, "execute_target": {**target, "host_list": hosts}}


# ---------------------------------------------------------------- mistakes


def _counts(mistake: Mistake) -> bool:
    repeats = mistake.rule == "repeated-target" and mistake.path[:2] == _HOSTS
    later = mistake.rule in _LATER_RULES or (mistake.rule, mistake.path) in _LATER
    return mistake.severity is Severity.ERROR and not (repeats or later)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mistake, and where it stands in the body as it was sent."""

    mistake: Mistake
    path: Path


def _placed(mistake: Mistake, kept: Sequence[int]) -> _Placed:
    path = mistake.path
    index = path[2] if path[:2] == _HOSTS and len(path) > len(_HOSTS) else None
    if not isinstance(index, int):
        return _Placed(mistake, path)
    return _Placed(mistake, (*_HOSTS, kept[index], *path[3:]))


def _order(tree: Mapping[str, Json], wrong: _Placed) -> tuple[bool, int, str, str]:
    """Return what sorts first: what the platform's reader would stumble over, then by the text."""
    places = {member: place for place, member in enumerate(tree)}
    place = places.get(str(wrong.path[0]), -1) if wrong.path else -1
    mistake = wrong.mistake
    return mistake.rule != "wrong-type", place, mistake.rule, mistake.message


def _refusal(wrong: _Placed, tree: dict[str, Json]) -> RefusalError:
    mistake, path = wrong.mistake, wrong.path
    message = mistake.message
    if path and path[-1] in _SECRET:
        # A message may repeat a value, and go to a log.
        message = f"cannot take {path[-1]}: it breaks the rule {mistake.rule}"
    at = f" (at {'/'.join(map(str, path))})" if path else ""
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=_number(mistake, tree),
        message=message + at,
        mend=mistake.mend,
    )


def _number(mistake: Mistake, tree: dict[str, Json]) -> Number:
    if mistake.rule == "wrong-type":
        return Number.BODY
    if mistake.rule == "unknown-value" and mistake.path == ("bk_scope_type",):
        return Number.SCOPE_TYPE
    scatters = str(narrow.at(tree, "rolling_config", "execution_mode")) == "2"
    both = mistake.rule == "source-files-on-script" and scatters
    return Number.ILLEGAL_TOGETHER if both or mistake.rule == "scatter-waits" else Number.FIELD
