"""The body of `fast_execute_script` into an order that can be stored, or a refusal: pure.

Everything is checked here, in the platform's order and before anything is stored, so a refused
request leaves no job behind. Where the platform answers 500 out of carelessness this answers 400;
what it does and this server does not yet do is refused by name (1241011).

A parameter becomes words as a POSIX shell splits and unquotes them, newlines first turned into
blanks as the platform does; nothing in it is expanded or carried out.
"""

from __future__ import annotations

import base64
import shlex
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner import narrow, requests, rolling, scatter
from runner.rules import callbackurl
from runner.server import bodies, danger, targets, turns
from runner.server.answers import Code, Number, RefusalError, field, not_offered
from runner.server.scripts import ScriptStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.model import Json
    from runner.server.bodies import Body
    from runner.server.inventory import Account, Host, Inventory, ScopeKey
    from runner.server.scripts import Version

_RUNNABLE = frozenset({ScriptStatus.ONLINE, ScriptStatus.OFFLINE})
_SCATTER = requests.EXECUTION_MODES["scatter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job that may be stored as it is: hosts in the order of their batches, `timeout` in s.

    `callback` and `script_id` are empty and `script_version` is 0 where there is none.
    """

    name: str
    scope: ScopeKey
    account: Account
    language: int
    script: bytes
    param: str
    sensitive: bool
    timeout: int
    hosts: tuple[Host, ...]
    batches: tuple[int, ...]
    mode: int | None
    start: bool
    callback: str
    script_id: str
    script_version: int


def order(
    body: dict[str, Json],
    inventory: Inventory,
    now: int,
    *,
    permit: Callable[[Order], None] | None = None,
) -> Order:
    """Return what `body` orders at `now` (milliseconds). Raises RefusalError.

    `permit` raises for what the caller may not do. It is asked when all but the batches is known,
    which is when the platform asks.
    """
    read = bodies.body(body)
    drafted = _drafted(read, inventory, now)
    total = len(drafted.hosts)
    _check_scatter(read.tree, total)
    if permit is not None:
        permit(drafted)
    return drafted if drafted.mode is None else replace(drafted, batches=_sizes(read.tree, total))


def words(param: str) -> tuple[str, ...]:
    """Return the words that the script gets. Raises ValueError for a quote that is not closed."""
    return tuple(shlex.split(param))


def _drafted(read: Body, inventory: Inventory, now: int) -> Order:
    """Return the order with all its hosts in one batch."""
    tree = read.tree
    scope = _scope(tree, inventory)
    if narrow.items(tree, "host_password_list"):
        raise not_offered("host_password_list", "leave it out: it is for Windows accounts")
    callback = _callback(tree, inventory)
    param = _param(tree)
    script = _script(tree, scope, inventory)
    _check_danger(script, inventory)
    account = _account(tree, scope, inventory)
    hosts = targets.hosts(read, scope, inventory)
    rolls = tree.get("rolling_config") is not None
    mode = narrow.integer(tree, "rolling_config", "mode", default=turns.PAUSE_ON_FAILURE)
    return Order(
        name=_name(tree, now),
        scope=scope,
        account=account,
        language=script.language,
        script=script.content,
        param=param,
        sensitive=narrow.boolean(tree, "param_sensitive", default=False),
        timeout=narrow.integer(tree, "timeout", default=requests.TIMEOUT),
        hosts=hosts,
        batches=(len(hosts),),
        mode=mode if rolls else None,
        start=narrow.boolean(tree, "start_task", default=True),
        callback=callback,
        script_id=script.id,
        script_version=script.version,
    )


# ---------------------------------------------------------------- scope, account, callback


def _scope(tree: dict[str, Json], inventory: Inventory) -> ScopeKey:
    scope = (narrow.text(tree, "bk_scope_type"), narrow.text(tree, "bk_scope_id"))
    if scope not in inventory.scopes:
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.SCOPE,
            message=f"cannot accept the request: there is no scope {'/'.join(scope)}",
            mend="name a scope of the inventory",
        )
    return scope


def _account(tree: dict[str, Json], scope: ScopeKey, inventory: Inventory) -> Account:
    number = narrow.integer(tree, "account_id", default=0)
    alias = narrow.text(tree, "account_alias")
    by_id = inventory.accounts.get(number) if number > 0 else None
    account = by_id if number > 0 else inventory.account(scope, alias)
    if account is None or not account.belongs(scope):
        known = sorted(each.alias for each in inventory.accounts.values() if each.belongs(scope))
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.ACCOUNT,
            message=f"cannot accept the request: there is no account {number or repr(alias)} in "
            f"{'/'.join(scope)}",
            mend=f"name one of the scope: {', '.join(known)}",
        )
    return account


def _callback(tree: dict[str, Json], inventory: Inventory) -> str:
    url = narrow.text(tree, "callback_url")
    allowed = inventory.callbacks
    if allowed is not None and not callbackurl.matches(url, allowed, ""):
        raise RefusalError(
            code=Code.FAILED_PRECONDITION,
            number=Number.CALLBACK,
            message="cannot accept the request: callback_url is not on the allow-list",
            mend="have its base address put into the inventory, or leave callback_url out",
        )
    return url if url.strip() else ""


# ---------------------------------------------------------------- script and parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Script:
    language: int
    content: bytes
    id: str = ""
    version: int = 0


def _script(tree: dict[str, Json], scope: ScopeKey, inventory: Inventory) -> _Script:
    number, name = narrow.integer(tree, "script_version_id", default=0), _script_id(tree)
    if number <= 0 and not name:
        return _Script(
            language=narrow.integer(tree, "script_language", default=0),
            content=base64.b64decode(narrow.text(tree, "script_content")),
        )
    version = _version(number, name, inventory)
    script = None if version is None else inventory.scripts[version.script]
    if version is None or script is None or not script.visible(scope):
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.SCRIPT,
            message="cannot accept the request: there is no "
            + (
                f"script version {number}"
                if number > 0
                else f"script {name!r} with a version online"
            )
            + f" in {'/'.join(scope)}",
            mend="name one that is public or of the scope",
        )
    if version.status not in _RUNNABLE:
        raise RefusalError(
            code=Code.FAILED_PRECONDITION,
            number=Number.SCRIPT_STATUS,
            message=f"cannot accept the request: version {version.id} of script {script.id!r} is "
            f"{version.status.name.lower()}",
            mend="name a version that is online or offline",
        )
    return _Script(
        language=script.language, content=version.content, id=script.id, version=version.id
    )


def _script_id(tree: dict[str, Json]) -> str:
    return narrow.text(tree, "script_id").strip()


def _version(number: int, name: str, inventory: Inventory) -> Version | None:
    if number > 0:
        return inventory.versions.get(number)
    script = inventory.scripts.get(name)
    return None if script is None else script.online


def _check_danger(script: _Script, inventory: Inventory) -> None:
    hit = danger.stopping(inventory.dangers, script.language, script.content)
    if hit is not None:
        line, rule = hit
        raise RefusalError(
            code=Code.FAILED_PRECONDITION,
            number=Number.DANGEROUS,
            message=f"cannot run the script: line {line} is dangerous: {rule.description}",
            mend="mend the script, or have the rule in the inventory looked at",
        )


def _param(tree: dict[str, Json]) -> str:
    param = base64.b64decode(narrow.text(tree, "script_param")).decode().replace("\n", " ")
    try:
        words(param)
    except ValueError as error:
        raise field(
            f"script_param cannot be split into words: {error}", "close each quotation mark"
        ) from error
    return param


# ---------------------------------------------------------------- batches and the rest


def _sizes(tree: dict[str, Json], total: int) -> tuple[int, ...]:
    made = rolling.sizes(narrow.text(tree, "rolling_config", "expression"), total)
    if isinstance(made, rolling.Fault):
        raise RefusalError(
            code=Code.FAILED_PRECONDITION, number=made.code, message=made.message, mend=made.mend
        )
    return made


def _check_scatter(tree: dict[str, Json], total: int) -> None:
    """Refuse a scatter job: for its batches as the platform does, else by name."""
    if narrow.integer(tree, "rolling_config", "execution_mode", default=0) != _SCATTER:
        return
    batches = len(_sizes(tree, total))
    if batches > scatter.MOST:
        raise RefusalError(
            code=Code.INVALID_ARGUMENT,
            number=Number.ILLEGAL_TOGETHER,
            message=f"cannot scatter {batches} batches: the platform allows {scatter.MOST}",
            mend="take more targets in a batch",
        )
    raise not_offered("scatter (execution_mode 2)", "roll in turn: leave execution_mode out")


def _name(tree: dict[str, Json], now: int) -> str:
    name = narrow.text(tree, "task_name")
    seconds, rest = divmod(now, 1000)
    return (
        name
        if name.strip()
        else time.strftime(f"quick_script_%Y%m%d%H%M%S{rest:03}", time.gmtime(seconds))
    )
