"""The operations of version 3 on what the inventory keeps: scripts, accounts, danger rules."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from runner import requests
from runner.server import answers, danger
from runner.server.answers import Code, Number, RefusalError
from runner.server.routes import shapes, v3
from runner.server.routes.operations import (
    GET,
    POST,
    Operation,
    identity,
    integer,
    text,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.model import Json
    from runner.server.inventory import ScopeKey
    from runner.server.routes.operations import Asked
    from runner.server.scripts import Script, Version

_UNKNOWN: Mapping[str, Json] = MappingProxyType(
    {"creator": None, "create_time": None, "last_modify_user": None, "last_modify_time": None}
)


def _scripts(asked: Asked) -> Json:
    scope, language = asked.scope, asked.number("script_language")
    known = asked.service.visible(asked.caller, scope).scripts
    found = [
        _script(script, scope)
        for script in known.values()
        if script.scope == scope
        and asked.text("name") in script.name
        and language in {0, script.language}
    ]
    return _page(asked, found)


def _versions(asked: Asked) -> Json:
    scope = asked.scope
    script = _of_scope(asked, scope, asked.text("script_id"))
    content = asked.truth("return_script_content")
    newest = reversed(script.versions)
    return _page(asked, [_version(script, each, scope, content=content) for each in newest])


def _version_detail(asked: Asked) -> Json:
    scope = asked.scope
    known = asked.service.visible(asked.caller, scope)
    number, name = asked.maybe("id"), asked.text("version")
    if number is not None:
        version = known.versions.get(number)
        named = "" if version is None else version.script
    elif asked.text("script_id") and name:
        named = asked.text("script_id")
        versions = _of_scope(asked, scope, named).versions
        version = next((each for each in versions if each.name == name), None)
    else:
        raise RefusalError(
            code=Code.INVALID_ARGUMENT,
            number=Number.ILLEGAL,
            message="cannot tell which version is meant: there is neither id nor script_id with "
            "version",
            mend="give id",
        )
    script = _of_scope(asked, scope, named)
    if version is None:
        raise _no_script(f"version {name} of script {named}")
    return _version(script, version, scope, content=True)


def _accounts(asked: Asked) -> Json:
    scope = asked.scope
    named, alias = asked.text("account"), asked.text("alias")
    found: list[Json] = [
        {
            "bk_scope_type": scope[0],
            "bk_scope_id": scope[1],
            "id": account.id,
            "account": account.user,
            "alias": account.alias,
            "category": 1,
            "type": 1,
            "os": "Linux",
            "description": None,
            **_UNKNOWN,
        }
        for account in asked.service.visible(asked.caller, scope).accounts.values()
        if account.belongs(scope)
        and asked.number("category", 1) == 1
        and named in {"", account.user}
        and alias in {"", account.alias}
    ]
    return _page(asked, found)


def _check(asked: Asked) -> Json:
    script = requests.decode(asked.text("content"))
    if script is None:
        raise answers.field("content is not Base64", "encode it with the standard alphabet")
    text = script.decode("utf-8", "replace")
    language = asked.number("script_language")
    return [*danger.hits(asked.service.inventory().dangers, language, text)]


# ---------------------------------------------------------------- parts


def _of_scope(asked: Asked, scope: ScopeKey, name: str) -> Script:
    script = asked.service.visible(asked.caller, scope).scripts.get(name)
    if script is None or not script.visible(scope):
        raise _no_script(f"script {name}" if name else "such a version")
    return script


def _no_script(what: str) -> RefusalError:
    return RefusalError(
        code=Code.NOT_FOUND,
        number=Number.SCRIPT,
        message=f"cannot find {what[:200]}",
        mend="name one that get_script_list or get_script_version_list tells of",
    )


def _script(script: Script, scope: ScopeKey) -> Json:
    online = script.online
    return {
        "bk_scope_type": scope[0],
        "bk_scope_id": scope[1],
        "id": script.id,
        "name": script.name,
        "script_language": script.language,
        "online_script_version_id": None if online is None else online.id,
        "description": script.description,
        **_UNKNOWN,
    }


def _version(script: Script, version: Version, scope: ScopeKey, *, content: bool) -> Json:
    return {
        "bk_scope_type": scope[0],
        "bk_scope_id": scope[1],
        "id": version.id,
        "script_id": script.id,
        "name": script.name,
        "version": version.name,
        "content": version.content.decode("utf-8", "replace") if content else None,
        "status": int(version.status),
        "version_desc": version.description,
        "script_language": script.language,
        "public_script": script.scope is None,
        "description": script.description,
        **_UNKNOWN,
    }


def _page(asked: Asked, found: Sequence[Json]) -> Json:
    start, length = asked.number("start"), asked.number("length", 20)
    page = list(found[start : start + length])
    return {"start": start, "length": length, "total": len(found), "data": page}


_SCRIPT = text("script_id", "Id of the script.", required=True, minLength=1)

OPERATIONS = (
    Operation(
        version=3,
        method=GET,
        name="get_script_list",
        title="Scripts",
        about="The scripts that the inventory keeps for a scope; public ones are not among them.",
        answer=shapes.page(shapes.V3_SCRIPT),
        carry_out=_scripts,
        fields=(
            text("name", "A part of the script's name."),
            integer("script_language", "0 any, 1 shell to 6 SQL.", minimum=0, maximum=6, default=0),
            *v3.PAGE,
        ),
    ),
    Operation(
        version=3,
        method=GET,
        name="get_script_version_list",
        title="Versions of a script",
        about="Every version of a script, the newest first.",
        answer=shapes.page(shapes.V3_VERSION),
        carry_out=_versions,
        system=True,
        fields=(
            _SCRIPT,
            truth("return_script_content", "Whether the content is in it, as plain text."),
            *v3.PAGE,
        ),
    ),
    Operation(
        version=3,
        method=GET,
        name="get_script_version_detail",
        title="One version of a script",
        about="A version with its content as plain text: by its id, or by script and version.",
        answer=shapes.V3_VERSION,
        carry_out=_version_detail,
        system=True,
        fields=(
            identity("id", "Id of the version.", required=False),
            text("script_id", "Id of the script."),
            text("version", "Name of the version, such as 1.0."),
        ),
    ),
    Operation(
        version=3,
        method=GET,
        name="get_account_list",
        title="Accounts",
        about="The accounts that jobs of a scope may run as.",
        answer=shapes.page(shapes.V3_ACCOUNT),
        carry_out=_accounts,
        fields=(
            integer("category", "1 system, 2 database: there are none of those.", enum=[1, 2]),
            text("account", "The OS user, exactly."),
            text("alias", "The alias, exactly."),
            *v3.PAGE,
        ),
    ),
    Operation(
        version=3,
        method=POST,
        name="check_script",
        title="Check a script for dangers",
        about="Every hit of the inventory's danger rules in a script.",
        answer=shapes.V3_HITS,
        carry_out=_check,
        scoped=False,
        fields=(
            integer("script_language", "1 shell to 6 SQL.", required=True, minimum=1, maximum=6),
            text("content", "The script in Base64.", required=True, minLength=1),
        ),
    ),
)
