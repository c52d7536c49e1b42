"""The names and shapes of the v2 and v3 calls into those of v4.

A newer name wins over an older one: only the newest call can know both, and it reads its own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from runner.importing import kinds
from runner.importing.sheet import Fate, dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.importing.sheet import Sheet
    from runner.model import Json, Path

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "account": "account_alias",
        "script_type": "script_language",
        "script_timeout": "timeout",
        "is_param_sensitive": "param_sensitive",
        "bk_callback_url": "callback_url",
        "script_name": "task_name",
    }
)
_ONLY_V2 = ("account", "script_type", "script_timeout", "ip_list", "custom_query_id")
_SUPPLIER = ("bk_supplier_account", "bk_supplier_id")
_BUSINESS_SETS = range(8_000_000, 10_000_000)


def today(sheet: Sheet) -> None:
    """Bring a body to the names of v4."""
    _scope(sheet)
    _script_id(sheet)
    _targets(sheet)
    for old, new in _NAMES.items():
        if old in sheet.body:
            _renamed(sheet, old, new, f"it is {new} now")
    for name in _SUPPLIER:
        if name in sheet.body:
            del sheet.body[name]
            sheet.note(name, Fate.DROPPED, "left out: the call has no such field any more")


def _renamed(sheet: Sheet, old: str, new: str, said: str) -> None:
    if new in sheet.body:
        sheet.shadow(old, new)
        return
    # In the place of the old one: the order of the fields stays.
    sheet.body = {new if name == old else name: value for name, value in sheet.body.items()}
    sheet.origins[(new,)] = (old,)
    sheet.note(old, Fate.TRANSLATED, said)


def _scope(sheet: Sheet) -> None:
    if "bk_biz_id" not in sheet.body:
        return
    pair = [name for name in ("bk_scope_type", "bk_scope_id") if name in sheet.body]
    if "bk_scope_type" in pair and "bk_scope_id" in pair:
        sheet.shadow("bk_biz_id", "the pair bk_scope_type and bk_scope_id")
        return
    for name in pair:
        sheet.shadow(name, "without its other half it says nothing, and bk_biz_id")
    number = kinds.whole(sheet.body.pop("bk_biz_id"))
    kind = "biz_set" if type(number) is int and number in _BUSINESS_SETS else "biz"
    identity = str(number) if type(number) is int else number
    sheet.body = {"bk_scope_type": kind, "bk_scope_id": identity, **sheet.body}
    for name in ("bk_scope_type", "bk_scope_id"):
        sheet.origins[(name,)] = ("bk_biz_id",)
    said = f"it is bk_scope_type {kind} and bk_scope_id {identity} now"
    sheet.note("bk_biz_id", Fate.TRANSLATED, said)


def _script_id(sheet: Sheet) -> None:
    """In v2, and there alone, `script_id` is the number of a version."""
    number = kinds.whole(sheet.body.get("script_id"))
    if type(number) is int and any(name in sheet.body for name in _ONLY_V2):
        said = "it is script_version_id now: in v2 it is the number of a version"
        _renamed(sheet, "script_id", "script_version_id", said)


# ---------------------------------------------------------------- targets


def _targets(sheet: Sheet) -> None:
    old = [name for name in ("target_server", "ip_list", "custom_query_id") if name in sheet.body]
    winner = next((name for name in ("execute_target", "target_server") if name in sheet.body), "")
    for name in old:
        if winner and name != winner:
            sheet.shadow(name, winner)
    if not old or winner == "execute_target":
        return
    base: Path = (winner,) if winner else ()
    bare: dict[str, Json] = {name: sheet.body.pop(name) for name in old if not winner}
    server = sheet.body.pop(winner) if winner else bare
    sheet.origins[("execute_target",)] = base or (old[0],)
    if isinstance(server, dict):
        sheet.body["execute_target"] = _target(sheet, base, server)
    else:
        sheet.refuse(base, f"cannot carry {winner}: it is no mapping", "name the targets in lists")


def _target(sheet: Sheet, base: Path, server: dict[str, Json]) -> dict[str, Json]:
    target: dict[str, Json] = {}
    for name, value in server.items():
        path = (*base, name)
        if name not in _LISTS or not isinstance(value, list):
            reason = "it is no list" if name in _LISTS else "a target of v4 has nothing like it"
            message = f"cannot carry {dotted(path)}: {reason}"
            sheet.refuse(path, message, "remove it, and name the targets in lists")
        elif name == "ip_list" and server.get("host_id_list"):
            said = "left out: host_id_list is there and wins"
            sheet.note(dotted(path), Fate.SHADOWED, said)
        else:
            _listed(sheet, path, target, value)
    return target


def _listed(sheet: Sheet, path: Path, target: dict[str, Json], value: list[Json]) -> None:
    new, change = _LISTS[str(path[-1])]
    before = target.get(new)
    target[new] = [*(before if isinstance(before, list) else ()), *map(change, value)]
    sheet.origins["execute_target", new] = path
    sheet.note(dotted(path), Fate.TRANSLATED, f"it is execute_target.{new} now")


def _host_of_id(item: Json) -> Json:
    return {"bk_host_id": item}


def _host_of_address(item: Json) -> Json:
    """Return the host at an address: the older calls trim it, and look at nothing beside it."""
    if not isinstance(item, dict) or not isinstance(item.get("ip"), str):
        return item
    known = {name: value for name, value in item.items() if name != "bk_host_id"}
    return {**known, "ip": str(item["ip"]).strip()}


def _group(item: Json) -> Json:
    return item if isinstance(item, dict) else {"id": item}


def _same(item: Json) -> Json:
    return item


_LISTS: Mapping[str, tuple[str, Callable[[Json], Json]]] = MappingProxyType(
    {
        "host_id_list": ("host_list", _host_of_id),
        "ip_list": ("host_list", _host_of_address),
        "custom_query_id": ("dynamic_group_list", _group),
        "dynamic_group_id_list": ("dynamic_group_list", _group),
        "dynamic_group_list": ("dynamic_group_list", _group),
        "topo_node_list": ("topo_node_list", _same),
    }
)
