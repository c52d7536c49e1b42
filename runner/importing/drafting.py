"""A body of today's API into the spec and the script file that state the same request."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner import requests
from runner.importing import literal
from runner.yaml import emitting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.importing.sheet import Note, Translated
    from runner.model import Finding, Json

EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {"shell": ".sh", "bat": ".bat", "perl": ".pl", "python": ".py", "powershell": ".ps1"}
)
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LENGTH = 63
_OTHER = re.compile(r"[^a-z0-9]+")
_NOT_POSIX = (requests.LANGUAGES["bat"], requests.LANGUAGES["powershell"])
# Fields of the body that a spec states under `script`.
_SCRIPT = frozenset(
    (
        *("script_version_id", "script_id", "script_content", "script_language", "script_param"),
        "param_sensitive",
    )
)
# In the order in which people read a request; others follow as they came.
_ORDER = ("bk_scope_type", "bk_scope_id", "task_name", "account_alias", "account_id", "timeout")
_NAMED: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "type": requests.ROLLING_TYPES,
        "mode": requests.ROLLING_MODES,
        "execution_mode": requests.EXECUTION_MODES,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The files to write, by their path: the spec, and the script where the body carries one."""

    name: str
    spec: str
    script: str | None
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A draft, the request that it states, what became of its fields, and what is wrong with it.

    A request that is `valid` may still be refused as a spec, which is held to more.
    """

    draft: Draft
    body: dict[str, Json]
    notes: tuple[Note, ...]
    findings: tuple[Finding, ...]
    valid: bool


def draft(translated: Translated, name: str, into: str) -> Draft:
    """Return the files of the job `name`, whose spec goes into the folder `into`."""
    body, content = translated.body, translated.script
    language = requests.name(requests.LANGUAGES, body.get("script_language"))
    file = None if content is None else f"scripts/{name}{EXTENSIONS.get(language, '')}"
    tree: dict[str, Json] = {
        "apiVersion": "jobgate/v1",
        "kind": "ScriptJob",
        "metadata": {"name": name},
        "script": _script(body, file),
        "request": _request(body),
    }
    spec = f"{into}/{name}.yaml"
    files = {spec: emitting.text(tree).encode("utf-8")}
    if file is not None and content is not None:
        files[file] = content
    return Draft(name=name, spec=spec, script=file, files=files)


def name(*wishes: str) -> str:
    """Return the first of `wishes` that something of a job's name is left of."""
    for wish in wishes:
        slug = _OTHER.sub("-", wish.lower()).strip("-")[:_LENGTH].strip("-")
        if slug:
            return slug
    return "imported"


def _script(body: dict[str, Json], file: str | None) -> dict[str, Json]:
    script: dict[str, Json] = {} if file is None else {"file": file}
    for field, known in (("script_id", "id"), ("script_version_id", "version_id")):
        if field in body:
            script[known] = literal.tree(body[field])
    if "script_language" in body:
        script["language"] = requests.name(requests.LANGUAGES, body["script_language"])
    param = body.get("script_param")
    if isinstance(param, str):
        text = (requests.decode(param) or b"").decode("utf-8")
        words = None if body.get("script_language") in _NOT_POSIX else _words(text)
        script |= {"param": literal.leaf(text)} if words is None else {"args": words}
    if "param_sensitive" in body:
        script["sensitive"] = body["param_sensitive"]
    return script


def _words(text: str) -> list[Json] | None:
    """Return the arguments that are quoted into this very text, or None."""
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    plain = words and "\n" not in text and "\0" not in text
    same = " ".join(map(shlex.quote, words)) == text
    return [literal.leaf(word) for word in words] if plain and same else None


def _request(body: dict[str, Json]) -> dict[str, Json]:
    rest = {name: value for name, value in body.items() if name not in _SCRIPT}
    request = {name: rest[name] for name in _ORDER if name in rest} | rest
    rolls = request.get("rolling_config")
    if isinstance(rolls, dict):
        request["rolling_config"] = {
            name: requests.name(_NAMED[name], value) if name in _NAMED else value
            for name, value in rolls.items()
        }
    return {name: literal.tree(value) for name, value in request.items()}
