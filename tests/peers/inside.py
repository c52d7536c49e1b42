"""The checks again, over requests that are all about one job that exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import schemathesis

from tests.peers import checks

if TYPE_CHECKING:
    from schemathesis import HookContext

    from runner.model import Json

KNOWN: dict[str, Json] = {
    "bk_scope_type": "biz",
    "bk_scope_id": "2",
    "job_instance_id": 1,
    "step_instance_id": 1,
    "script_id": "clean",
    "id": 6,
    "bk_host_id": 1,
    "account_id": 1,
    "callback_url": "http://127.0.0.1:9/",
}
HOSTS: Json = {"host_list": [{"bk_host_id": 1}, {"bk_host_id": 2}]}
ECHO = "ZWNobyBoZWxsbw=="
UNSAFE = ("script_version_id", "host_password_list", "rolling_config", "script_param")


@schemathesis.hook
def map_query(ctx: HookContext, query: dict[str, Json] | None) -> dict[str, Json] | None:
    """Name what exists wherever something is named."""
    del ctx
    return query and {name: KNOWN.get(name, value) for name, value in query.items()}


@schemathesis.hook
def map_body(ctx: HookContext, body: Json) -> Json:
    """Name what exists; a script is harmless, and so are its hosts."""
    del ctx
    if not isinstance(body, dict):
        return body
    made = {name: KNOWN.get(name, value) for name, value in body.items() if name not in UNSAFE}
    if "execute_target" in made:
        made["execute_target"] = HOSTS
    if "script_content" in made:
        made["script_content"] = ECHO
    return made


__all__ = ["checks"]
