"""The body of `fast_execute_script` into an order that can be stored, or a refusal: pure.

Everything is checked here, before anything is stored, so a refused request leaves no job behind.
Where the platform answers 500 out of carelessness this answers 400; what it does and this server
does not yet do is refused by name (1241011).

A parameter becomes words as a POSIX shell splits and unquotes them, newlines first turned into
blanks as the platform does; nothing in it is expanded or carried out.
"""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import narrow, requests, rolling
from runner.server import targets, turns
from runner.server.answers import Code, Number, RefusalError, field, not_offered

if TYPE_CHECKING:
    from runner.model import Json
    from runner.server.inventory import Account, Host, Inventory

SCRIPT_BYTES = 16_777_215
PARAM_BYTES = 65_535
SENSITIVE_BYTES = 48_128
NAME_UNITS = 512  # of UTF-16
TIMEOUTS = range(1, 259_201)
LANGUAGES = frozenset({1, 3, 4})  # shell, perl, python
_SQL = 6
MODES = frozenset({turns.PAUSE_ON_FAILURE, turns.IGNORE_FAILURE, turns.MANUAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job that may be stored as it is: hosts in the order of their batches, `timeout` in s.

    `callback` and `script_id` are empty and `script_version` is 0 where there is none.
    """

    name: str
    scope: tuple[str, str]
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
    callback: str = ""
    script_id: str = ""
    script_version: int = 0


def order(body: dict[str, Json], inventory: Inventory, now: int) -> Order:
    """Return what `body` orders at `now` (milliseconds). Raises RefusalError."""
    try:
        return _order(body, inventory, now)
    except TypeError as error:
        # What `narrow` says of a member that is of the wrong type.
        raise field(str(error), "give each member the type of the API page") from error


def words(param: str) -> tuple[str, ...]:
    """Return the words that the script gets. Raises ValueError for a quote that is not closed."""
    return tuple(shlex.split(param))


def _order(body: dict[str, Json], inventory: Inventory, now: int) -> Order:
    scope = _scope(body, inventory)
    _offered(body)
    script = _script(body)
    language = _language(body)
    sensitive = narrow.boolean(body, "param_sensitive", default=False)
    param = _param(body, SENSITIVE_BYTES if sensitive else PARAM_BYTES)
    timeout = narrow.integer(body, "timeout", default=requests.TIMEOUT)
    if timeout not in TIMEOUTS:
        raise field(
            f"timeout is {timeout}", f"write {TIMEOUTS.start} to {TIMEOUTS.stop - 1} seconds"
        )
    mode = _mode(body)
    account = _account(body, inventory)
    hosts = targets.hosts(body, inventory)
    return Order(
        name=_name(body, now),
        scope=scope,
        account=account,
        language=language,
        script=script,
        param=param,
        sensitive=sensitive,
        timeout=timeout,
        hosts=hosts,
        batches=(len(hosts),) if mode is None else _batches(body, len(hosts)),
        mode=mode,
        start=_start(body),
    )


def _scope(body: dict[str, Json], inventory: Inventory) -> tuple[str, str]:
    scope = (narrow.text(body, "bk_scope_type"), narrow.text(body, "bk_scope_id"))
    for name, value in zip(("bk_scope_type", "bk_scope_id"), scope, strict=True):
        if not value:
            raise field(f"{name} is missing", f"name a scope with {name}")
    if scope[0] not in {"biz", "biz_set", "tenant_set"}:
        raise RefusalError(
            code=Code.INVALID_ARGUMENT,
            number=Number.SCOPE_TYPE,
            message=f"cannot accept the request: bk_scope_type is {scope[0]}",
            mend="write biz, biz_set or tenant_set",
        )
    if scope not in inventory.scopes:
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.SCOPE,
            message=f"cannot accept the request: there is no scope {scope[0]}/{scope[1]}",
            mend="name a scope of the inventory",
        )
    return scope


def _offered(body: dict[str, Json]) -> None:
    """Refuse by name what the platform does and this server does not do yet."""
    if (
        narrow.integer(body, "script_version_id", default=0) > 0
        or narrow.text(body, "script_id").strip()
    ):
        raise not_offered("scripts that are stored on the platform", "give script_content")
    if narrow.text(body, "callback_url").strip():
        raise not_offered("callback_url", "leave it out, and ask for the status")
    if narrow.items(body, "host_password_list"):
        raise not_offered("host_password_list", "leave it out: it is for Windows accounts")


def _script(body: dict[str, Json]) -> bytes:
    text = narrow.text(body, "script_content")
    if not text.strip():
        raise field("script_content is missing", "give the script in Base64")
    script = requests.decode(text)
    if script is None:
        raise field("script_content is not Base64", "encode it with the standard alphabet")
    if len(script) > SCRIPT_BYTES:
        raise field(f"script_content has {len(script)} bytes", f"keep it to {SCRIPT_BYTES} bytes")
    return script


def _language(body: dict[str, Json]) -> int:
    number = narrow.integer(body, "script_language", default=0)
    if number in LANGUAGES:
        return number
    name = requests.name(requests.LANGUAGES, number)
    if name in requests.LANGUAGES or number == _SQL:
        raise not_offered(f"the language {name}", "write it for shell, perl or python")
    raise field("script_language is missing or unknown", "write 1 (shell), 3 (perl) or 4 (python)")


def _param(body: dict[str, Json], most: int) -> str:
    text = narrow.text(body, "script_param")
    content = requests.decode(text)
    if content is None:
        raise field("script_param is not Base64", "encode it with the standard alphabet")
    if len(content) > most:
        raise field(f"script_param has {len(content)} bytes", f"keep it to {most} bytes")
    try:
        param = content.decode("utf-8").replace("\n", " ")
        words(param)
    except UnicodeDecodeError as error:
        raise field("script_param is not UTF-8", "encode its text as UTF-8") from error
    except ValueError as error:
        raise field(
            f"script_param cannot be split into words: {error}", "close each quotation mark"
        ) from error
    if "\0" in param:
        raise field("script_param holds a NUL", "leave it out")
    return param


def _mode(body: dict[str, Json]) -> int | None:
    if body.get("rolling_config") is None:
        return None
    if narrow.integer(body, "rolling_config", "type", default=1) != 1:
        raise not_offered("rolling by source files", "roll by targets: leave type out")
    if narrow.integer(body, "rolling_config", "execution_mode", default=1) != 1:
        raise not_offered("scatter (execution_mode 2)", "roll in turn: leave execution_mode out")
    mode = narrow.integer(body, "rolling_config", "mode", default=turns.PAUSE_ON_FAILURE)
    if mode not in MODES:
        raise field(
            f"rolling_config/mode is {mode}",
            "write 1 (pause on failure), 2 (ignore failure) or 3 (manual)",
        )
    return mode


def _batches(body: dict[str, Json], total: int) -> tuple[int, ...]:
    expression = narrow.text(body, "rolling_config", "expression")
    if not expression.strip():
        raise field("rolling_config/expression is missing", "write one such as `1 10% 100%`")
    made = rolling.sizes(expression, total)
    if isinstance(made, rolling.Fault):
        raise RefusalError(
            code=Code.FAILED_PRECONDITION, number=made.code, message=made.message, mend=made.mend
        )
    return made


def _account(body: dict[str, Json], inventory: Inventory) -> Account:
    number = narrow.integer(body, "account_id", default=0)
    alias = narrow.text(body, "account_alias")
    if body.get("account_id") is None and body.get("account_alias") is None:
        raise field("neither account_id nor account_alias is given", "name an account")
    account = inventory.accounts.get(number) if number > 0 else inventory.aliases.get(alias)
    if account is None:
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.ACCOUNT,
            message=f"cannot accept the request: there is no account {number or repr(alias)}",
            mend=f"name one of the inventory: {', '.join(inventory.aliases)}",
        )
    return account


def _name(body: dict[str, Json], now: int) -> str:
    name = narrow.text(body, "task_name")
    try:
        units = len(name.encode("utf-16-le")) // 2
    except UnicodeEncodeError as error:
        raise field("task_name holds half a character", "write whole characters") from error
    if units > NAME_UNITS:
        raise field(f"task_name has {units} characters", f"keep it to {NAME_UNITS}")
    seconds, rest = divmod(now, 1000)
    return (
        name
        if name.strip()
        else time.strftime(f"quick_script_%Y%m%d%H%M%S{rest:03}", time.gmtime(seconds))
    )


def _start(body: dict[str, Json]) -> bool:
    if "start_task" in body and body["start_task"] is None:
        raise field("start_task is null", "write true or false, or leave it out")
    return narrow.boolean(body, "start_task", default=True)
