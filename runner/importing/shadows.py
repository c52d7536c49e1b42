"""What the platform would not look at: told, and left out where a spec has no place for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import requests
from runner.importing.sheet import Fate
from runner.narrow import at

if TYPE_CHECKING:
    from runner.importing.sheet import Sheet
    from runner.model import Json

_SCRIPTS = ("script_version_id", "script_id", "script_content")
_ACCOUNTS = ("account_id", "account_alias")
_WAITS = (
    "batch_start_wait_fixed_ms",
    "batch_start_wait_random_min_ms",
    "batch_start_wait_random_max_ms",
)


def told(sheet: Sheet) -> None:
    """Leave the one script that wins, and tell of everything else that something wins over."""
    _empty(sheet, _SCRIPTS)
    _empty(sheet, _ACCOUNTS)
    present = [name for name in _SCRIPTS if name in sheet.body]
    for name in present[1:]:
        sheet.shadow(name, present[0])
    if "script_content" not in sheet.body:
        sheet.script = None
        _beside(sheet, present, "script_language", "says what its language is")
    if "account_id" in sheet.body:
        _beside(sheet, ["account_id"], "account_alias", "wins")
    _hosts(sheet)
    _waits(sheet)


def _empty(sheet: Sheet, names: tuple[str, ...]) -> None:
    """Leave out what names nothing (0, or a blank text) where another field does."""
    meant = [name for name in names if _names(sheet.body.get(name))]
    for name in [name for name in names if name in sheet.body and name not in meant]:
        if meant:
            sheet.shadow(name, f"it names nothing; {meant[0]}")


def _names(value: Json) -> bool:
    return bool(value.strip()) if isinstance(value, str) else type(value) is int and value > 0


def _beside(sheet: Sheet, winners: list[str], name: str, why: str) -> None:
    if winners and name in sheet.body:
        said = f"kept, but the platform does not look at it: {winners[0]} {why}"
        sheet.note(".".join(map(str, sheet.source((name,)))), Fate.SHADOWED, said)


def _hosts(sheet: Sheet) -> None:
    """Where a host has its id, an address beside it is not read, and may be of no form at all."""
    hosts = at(sheet.body, "execute_target", "host_list")
    count = 0
    for host in hosts if isinstance(hosts, list) else ():
        if isinstance(host, dict) and host.get("bk_host_id") is not None:
            count += any(name in host for name in ("ip", "bk_cloud_id"))
            address = host.get("ip")
            if not isinstance(address, str) or not requests.is_ipv4(address):
                host.pop("ip", None)
    if count:
        said = f"the platform does not look at ip and bk_cloud_id of {count}: bk_host_id is there"
        sheet.note("execute_target.host_list", Fate.SHADOWED, said)


def _waits(sheet: Sheet) -> None:
    mode = at(sheet.body, "rolling_config", "execution_mode")
    if mode in {None, requests.EXECUTION_MODES["serial"]}:
        for name in _WAITS:
            if at(sheet.body, "rolling_config", name) is not None:
                said = "kept, but the platform does not look at it: the batches are serial"
                sheet.note(f"rolling_config.{name}", Fate.SHADOWED, said)
