"""A request body from elsewhere into what the platform's own reader makes of it.

The reader takes null for absent, numbers in quotes, texts without them, and the business id of
older APIs; and what a stronger field wins over, the platform does not look at. Whatever of that
loses something is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner import published
from runner.mistakes import Mistake
from runner.model import Severity
from runner.narrow import at
from runner.shape import expectation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json, Path

_REQUEST = "fast_execute_script.v4"
_DIGITS = re.compile(r"-?[0-9]{1,19}")
_BUSINESS_SETS = range(8_000_000, 10_000_000)  # business ids that older APIs used for sets
# An explicit null here is not the default: the platform fails on it, some time or other.
_NEEDED = (("start_task",), ("rolling_config", "type"), ("rolling_config", "mode"))
_TRUTHS: Mapping[str, bool] = MappingProxyType(
    {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A body as the platform reads it, where its values came from, and what is worth telling."""

    tree: Json
    origins: Mapping[Path, Path] = field(default_factory=dict)
    notes: tuple[Mistake, ...] = ()


def body(tree: Json) -> Read:
    """Return `tree` as the platform reads it. What is of no shape at all is left as it is."""
    schema = published.schema(_REQUEST)
    known = _value(tree, schema, ())
    if not isinstance(known, dict):
        return Read(tree=tree)
    _filters(known)
    _hosts(known)
    origins, notes = _scope(known)
    notes += [_failing(path) for path in _NEEDED if _is_null(known, path)]
    return Read(
        tree=known,
        origins={(): (), **origins},
        notes=(*notes, *_strongest(known, _SCRIPTS), *_strongest(known, _ACCOUNTS)),
    )


# ---------------------------------------------------------------- values, by their type


def _value(value: Json, schema: Json, path: Path) -> Json:
    known = expectation.resolved(schema, _defs())
    options = expectation.branches(known)
    if options:
        return _value(value, options[0], path)
    if isinstance(value, dict):
        return _mapping(value, known, path)
    if isinstance(value, list):
        return [_value(item, known.get("items"), path) for item in value]
    change = _SCALARS.get(str(known.get("type")))
    return change(value) if change else value


def _mapping(value: dict[str, Json], known: dict[str, Json], path: Path) -> dict[str, Json]:
    fields = known.get("properties")
    made: dict[str, Json] = {}
    for name, item in value.items():
        inner = fields.get(name) if isinstance(fields, dict) else None
        if inner is None and (*path, name) != ("bk_biz_id",):
            made[name] = item
            continue
        read = _value(item, inner if inner is not None else {"type": "integer"}, (*path, name))
        if read is not None or (*path, name) in _NEEDED:
            made[name] = read
    return made


def _defs() -> dict[str, Json]:
    defs = published.schema(_REQUEST)["$defs"]
    return defs if isinstance(defs, dict) else {}


def _whole(value: Json) -> Json:
    text = value.strip() if isinstance(value, str) else None
    if text in {"", "null"}:
        return None
    return int(text) if text is not None and _DIGITS.fullmatch(text) else value


def _text(value: Json) -> Json:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) and value.bit_length() <= _BITS else value


def _truth(value: Json) -> Json:
    if isinstance(value, str):
        return None if value.strip() in {"", "null"} else _TRUTHS.get(value.strip(), value)
    return value != 0 if type(value) is int else value


_BITS = 64
_SCALARS: Mapping[str, Callable[[Json], Json]] = MappingProxyType(
    {"integer": _whole, "string": _text, "boolean": _truth}
)


# ---------------------------------------------------------------- what is not looked at


def _filters(known: dict[str, Json]) -> None:
    """Leave out the filters of containers that ask for nothing: the platform skips them."""
    listed = at(known, "execute_target", "kube_container_filters")
    for pods in listed if isinstance(listed, list) else ():
        if isinstance(pods, dict):
            for name in [name for name in pods if name != "kube_cluster_filter"]:
                _filter(pods, name)


def _filter(pods: dict[str, Json], name: str) -> None:
    asked = pods[name]
    if isinstance(asked, dict):
        filled: dict[str, Json] = {part: item for part, item in asked.items() if item != []}
        pods[name] = filled
        if not filled:
            del pods[name]


def _hosts(known: dict[str, Json]) -> None:
    """Leave out the addresses of hosts that are named by their id."""
    listed = at(known, "execute_target", "host_list")
    for host in listed if isinstance(listed, list) else ():
        if isinstance(host, dict) and type(host.get("bk_host_id")) is int:
            for name in ("bk_cloud_id", "ip"):
                host.pop(name, None)


def _scope(known: dict[str, Json]) -> tuple[dict[Path, Path], list[Mistake]]:
    """Take the business id of older APIs for the scope, unless there is one."""
    if "bk_biz_id" not in known:
        return {}, []
    number = known.pop("bk_biz_id")
    if known.get("bk_scope_type") or known.get("bk_scope_id"):
        return {}, [_shadowed("bk_biz_id", "bk_scope_type")]
    known["bk_scope_type"] = "biz_set" if number in _BUSINESS_SETS else "biz"
    known["bk_scope_id"] = _text(number)
    origins: dict[Path, Path] = {
        (name,): ("bk_biz_id",) for name in ("bk_scope_type", "bk_scope_id")
    }
    return origins, [_OLDER]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rivals:
    """Fields that name one thing, the strongest first, and what belongs to the weakest alone."""

    names: tuple[str, ...]
    belongs: str = ""


_SCRIPTS = _Rivals(
    names=("script_version_id", "script_id", "script_content"), belongs="script_language"
)
_ACCOUNTS = _Rivals(names=("account_id", "account_alias"))


def _strongest(known: dict[str, Json], rivals: _Rivals) -> list[Mistake]:
    """Leave the strongest field that names something; tell of the others that do too."""
    meant = [name for name in rivals.names if _names(known.get(name))]
    if not meant:
        return []
    for name in rivals.names:
        if name != meant[0]:
            known.pop(name, None)
    if meant[0] != rivals.names[-1]:
        known.pop(rivals.belongs, None)
    return [_shadowed(name, meant[0]) for name in meant[1:]]


def _names(value: Json) -> bool:
    return bool(value.strip()) if isinstance(value, str) else type(value) is int and value > 0


def _is_null(known: dict[str, Json], path: tuple[str, ...]) -> bool:
    parent = at(known, *path[:-1])
    return isinstance(parent, dict) and path[-1] in parent and parent[path[-1]] is None


def _failing(path: Path) -> Mistake:
    return Mistake(
        path=path,
        rule="failing-null",
        message=f"cannot take null as {path[-1]}: the platform takes it, and fails on it later",
        mend=f"remove {path[-1]}, or write its value",
    )


def _shadowed(name: str, winner: str) -> Mistake:
    return Mistake(
        path=(name,),
        rule="shadowed-field",
        message=f"cannot use {name}: {winner} is there and wins",
        mend=f"remove {name}, or {winner}",
        severity=Severity.WARNING,
    )


_OLDER = Mistake(
    path=("bk_biz_id",),
    rule="legacy-scope",
    message="cannot count on bk_biz_id: a platform takes it only while it is set to",
    mend="write bk_scope_type and bk_scope_id instead",
    severity=Severity.WARNING,
)
