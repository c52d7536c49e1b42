"""The rendered parts of a spec into the whole body of `fast_execute_script`.

The script becomes Base64, its arguments one quoted parameter, names become the API's numbers, and
the defaults of effect scheme 1 become explicit; nothing else is added. A value of a shape that the
API refuses is handed on as it is: the schema says so at its place. Which keys may stand where and
beside which others is the job-spec schema's to say; how large things may be is `validate`'s.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from runner import languages, quoting, requests, secretplaces
from runner.model import (
    Checked,
    Document,
    Finding,
    Json,
    Path,
    Reader,
    Rendered,
    Resolved,
    Role,
    Source,
    Spec,
    Unreadable,
)

_Change: TypeAlias = Callable[[Json], Json]

_EVERY = "*"  # in a route: each item of a list
_LFS = b"version https://git-lfs.github.com/spec/"
_DIGITS = re.compile(r"0|[1-9][0-9]{0,18}")
_NOT_POSIX = (requests.LANGUAGES["bat"], requests.LANGUAGES["powershell"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Some fields of the body, where each came from, and what is wrong with them."""

    body: Mapping[str, Json] = field(default_factory=dict)
    origins: Mapping[Path, Path] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """The script's bytes, the value of the spec that led to them, and the file if there is one."""

    content: bytes
    origin: Path
    file: str = ""
    source: Source | None = None


def request(spec: Spec, rendered: Rendered, reader: Reader) -> Checked[Resolved]:
    """Return the body, without `start_task`, and everything that stands in its way."""
    document, script = spec.document, rendered.script
    code = _code(document, rendered, reader)
    content = _content(document, script, code.value)
    language = _language(document, script, code.value)
    parts = (
        _taken(rendered.request),
        _carried(script),
        _Part(findings=code.findings),
        content,
        language,
        _param(document, script, language.body.get("script_language")),
    )
    body: dict[str, Json] = {}
    origins: dict[Path, Path] = {(): ("request",)}
    for part in parts:
        body |= part.body
        origins |= part.origins
    source = None if code.value is None else code.value.source
    resolved = Resolved(
        body=secretplaces.body(body, rendered) if rendered.secrets else body,
        script=code.value.content if code.value is not None and content.body else None,
        used=tuple(sorted({*rendered.used, *(() if source is None else (source,))})),
        origins=origins,
        plain=body if rendered.secrets else None,
    )
    findings = tuple(finding for part in parts for finding in part.findings)
    findings += tuple(secretplaces.findings(document, rendered))
    return Checked(value=resolved, findings=findings)


# ---------------------------------------------------------------- what the API takes as it is


def _id_number(value: Json) -> Json:
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def _id_text(value: Json) -> Json:
    return str(value) if type(value) is int else value


def _by_name(names: Mapping[str, int]) -> _Change:
    return lambda value: requests.number(names, value)


# What becomes of some fields of the mapping, or of every mapping, that a route leads to.
_CHANGES: tuple[tuple[tuple[str, ...], dict[str, _Change]], ...] = (
    ((), {"bk_scope_id": _id_text, "account_id": _id_number}),
    (
        ("execute_target", "host_list", _EVERY),
        {"bk_host_id": _id_number, "bk_cloud_id": _id_number},
    ),
    (("execute_target", "topo_node_list", _EVERY), {"id": _id_number}),
    (("host_password_list", _EVERY), {"host_id": _id_number, "bk_cloud_id": _id_number}),
    (
        ("rolling_config",),
        {
            "type": _by_name(requests.ROLLING_TYPES),
            "mode": _by_name(requests.ROLLING_MODES),
            "execution_mode": _by_name(requests.EXECUTION_MODES),
        },
    ),
)
_ROLLING_DEFAULTS: Mapping[str, Json] = MappingProxyType(
    {
        "type": requests.ROLLING_TYPES["targets"],
        "mode": requests.ROLLING_MODES["pause_on_failure"],
    }
)


def _taken(request: dict[str, Json]) -> _Part:
    body = {name: value for name, value in request.items() if name != "start_task"}
    origins: dict[Path, Path] = {(name,): ("request", name) for name in body}
    for route, changes in _CHANGES:
        if not route:
            body |= _fields(body, changes)
        elif route[0] in body:
            body[route[0]] = _changed(body[route[0]], route[1:], changes)
    rolls = body.get("rolling_config")
    if isinstance(rolls, dict):
        for name in _ROLLING_DEFAULTS:
            if name not in rolls:
                origins["rolling_config", name] = ("request", "rolling_config")
        body["rolling_config"] = {**_ROLLING_DEFAULTS, **rolls}
    if "timeout" not in body:
        body["timeout"] = requests.TIMEOUT
        origins[("timeout",)] = ("request",)
    return _Part(body=body, origins=origins)


def _changed(tree: Json, route: tuple[str, ...], changes: Mapping[str, _Change]) -> Json:
    if isinstance(tree, list) and route and route[0] == _EVERY:
        return [_changed(item, route[1:], changes) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if not route:
        fields = _fields(tree, changes)
        return {**tree, **fields} if fields else tree
    if route[0] in tree:
        return {**tree, route[0]: _changed(tree[route[0]], route[1:], changes)}
    return tree


def _fields(tree: dict[str, Json], changes: Mapping[str, _Change]) -> dict[str, Json]:
    """Return those fields of a mapping that are changed."""
    return {
        name: new
        for name, change in changes.items()
        if name in tree and (new := change(tree[name])) is not tree[name]
    }


# ---------------------------------------------------------------- the script


def _carried(script: Mapping[str, Json]) -> _Part:
    body: dict[str, Json] = {"param_sensitive": script.get("sensitive", False)}
    origins: dict[Path, Path] = {
        ("param_sensitive",): ("script", "sensitive") if "sensitive" in script else ("script",)
    }
    if "id" in script:
        body["script_id"] = _id_text(script["id"])
        origins[("script_id",)] = ("script", "id")
    if "version_id" in script:
        body["script_version_id"] = _id_number(script["version_id"])
        origins[("script_version_id",)] = ("script", "version_id")
    return _Part(body=body, origins=origins)


def _code(document: Document, rendered: Rendered, reader: Reader) -> Checked[_Code]:
    if "file" in rendered.script:
        return _from_file(document, rendered, reader)
    content, origin = rendered.script.get("content"), ("script", "content")
    if not isinstance(content, str):
        return Checked(value=None)
    encoded = _utf8(content)
    if encoded is None:
        return Checked(value=None, findings=(_surrogate(document, origin),))
    return Checked(value=_Code(content=encoded, origin=origin))


def _from_file(document: Document, rendered: Rendered, reader: Reader) -> Checked[_Code]:
    file, origin = rendered.script["file"], ("script", "file")
    if not isinstance(file, str):
        finding = Finding(
            place=document.place(origin),
            rule="script-file-not-text",
            message="cannot read the script: its path is not text",
            mend="write the path from the repository's root, such as scripts/rotate.sh",
        )
        return Checked(value=None, findings=(finding,))
    if rendered.script_text is not None:
        return Checked(value=_Code(content=rendered.script_text, origin=origin, file=file))
    if file.endswith(".j2"):
        finding = Finding(
            place=document.place(origin),
            rule="unrendered-template",
            message="cannot use the script: it is a template that was not rendered",
            mend="mend the template first",
        )
        return Checked(value=None, findings=(finding,))
    blob = reader(file)
    if isinstance(blob, Unreadable):
        finding = Finding(
            place=document.place(origin), rule=blob.rule, message=blob.message, mend=blob.mend
        )
        return Checked(value=None, findings=(finding,))
    source = Source(path=blob.path, oid=blob.oid, sha256=blob.sha256, role=Role.VIA)
    return Checked(value=_Code(content=blob.content, origin=origin, file=file, source=source))


def _content(document: Document, script: Mapping[str, Json], code: _Code | None) -> _Part:
    if code is None:
        content = script.get("content")
        if content is None or isinstance(content, str) or "file" in script:
            return _Part()
        return _made("script_content", content, ("script", "content"))
    if code.content.startswith(_LFS):
        finding = Finding(
            place=document.place(code.origin),
            rule="lfs-pointer",
            message="cannot use the script: it is a Git LFS pointer, not the script itself",
            mend="keep the script out of Git LFS: commit its own text",
        )
        return _Part(findings=(finding,))
    return _made("script_content", _base64(code.content), code.origin)


def _language(document: Document, script: Mapping[str, Json], code: _Code | None) -> _Part:
    if "language" in script:
        number = requests.number(requests.LANGUAGES, script["language"])
        return _made("script_language", number, ("script", "language"))
    if code is None:
        return _Part()
    name = languages.guess(code.file, code.content)
    if name is not None:
        return _made("script_language", requests.LANGUAGES[name], code.origin)
    finding = Finding(
        place=document.place(code.origin),
        rule="missing-language",
        message="cannot tell the script's language: neither its name nor a #! line says it",
        mend=f"add script.language: one of {', '.join(requests.LANGUAGES)}",
    )
    return _Part(findings=(finding,))


# ---------------------------------------------------------------- the parameter


def _param(document: Document, script: Mapping[str, Json], language: Json) -> _Part:
    origin: Path = ("script", "args" if "args" in script else "param")
    text = script.get("param")
    if "args" in script:
        line = quoting.line(document, origin, script["args"], posix=language not in _NOT_POSIX)
        if line.findings or not line.value:
            return _Part(findings=line.findings)
        text = line.value
    if not isinstance(text, str):
        return _made("script_param", text, origin) if "param" in script else _Part()
    encoded = _utf8(text)
    if encoded is None:
        return _Part(findings=(_surrogate(document, origin),))
    return _made("script_param", _base64(encoded), origin)


# ---------------------------------------------------------------- text


def _made(name: str, value: Json, origin: Path) -> _Part:
    return _Part(body={name: value}, origins={(name,): origin})


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _utf8(text: str) -> bytes | None:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return None


def _surrogate(document: Document, path: Path) -> Finding:
    return Finding(
        place=document.place(path),
        rule="lone-surrogate",
        message="cannot encode the text: it holds half of a surrogate pair",
        mend="write the whole character",
    )
