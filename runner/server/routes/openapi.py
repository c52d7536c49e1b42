"""The OpenAPI 3.1 document of the server, made of the operations and the published schema: pure."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from runner import published
from runner.server.answers import Code
from runner.server.routes import table
from runner.server.routes.envelopes import V3, V4
from runner.server.routes.gate import HEADER
from runner.server.routes.operations import GET, POST
from runner.server.routes.shapes import INTEGER, NULL, TEXT, mapping
from runner.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json
    from runner.server.routes.inputs import Field
    from runner.server.routes.operations import Operation

_REQUEST = "fast_execute_script"
_SCHEMA = f"{_REQUEST}.v4"
_JSON = "application/json"
_SECURITY: list[Json] = [{"bkapi": []}]
_STATUSES: dict[str, str] = {
    "400": "The request is not as it must be, or does not suit the state of the platform.",
    "401": "Nobody that is known shows these credentials.",
    "403": "The caller may not do this; `data` tells what would have to be allowed.",
    "404": "There is no such scope, job, step, script or account.",
    "406": "The caller does not take JSON.",
    "413": "The body is larger than 40 MB.",
    "415": "The body is not JSON in UTF-8.",
    "429": "Too many log-ins have failed, or too many hosts are named.",
    "500": "There is a bug, or it is not known what became of the request.",
    "503": "It cannot be done for the moment; nothing was changed.",
}
_BODY = ("413", "415")
_WAITING = ("429", "503")


@cache
def text() -> bytes:
    """Return the document as JSON."""
    return json.dumps(document(), ensure_ascii=False).encode()


def document() -> dict[str, Json]:
    """Return the document."""
    paths: dict[str, Json] = {}
    for operation in table.OPERATIONS:
        paths[operation.path] = {operation.method.lower(): _operation(operation, system=False)}
    for operation in table.OPERATIONS:
        if operation.system:
            route = table.Route(operation=operation, system=True)
            paths[route.path] = {operation.method.lower(): _operation(operation, system=True)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "jobgate: the embedded platform",
            "version": VERSION,
            "description": "The calls of BlueKing JOB around fast_execute_script, served by "
            "jobgate. Each path is there below /prod and /api/bk-job/prod too.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "This server."}],
        "tags": [{"name": "v4"}, {"name": "v3"}, {"name": "server"}],
        "security": _SECURITY,
        "paths": {**paths, **_own()},
        "components": {
            "securitySchemes": {
                "bkapi": {
                    "type": "apiKey",
                    "in": "header",
                    "name": HEADER,
                    "description": "A JSON object: bk_app_code and bk_app_secret, with bk_token, "
                    "bk_ticket or an allowed bk_username; or an access_token.",
                }
            },
            "schemas": {**_requests(), "error.v4": _error_v4(), "error.v3": _error_v3()},
        },
    }


# ---------------------------------------------------------------- operations


def _operation(operation: Operation, *, system: bool) -> Json:
    name = f"v{operation.version}_{'system_' if system else ''}{operation.name}"
    made: dict[str, Json] = {
        "operationId": name,
        "tags": [f"v{operation.version}"],
        "summary": operation.title,
        "description": operation.about,
        "responses": _responses(operation, system=system),
    }
    parameters: list[Json] = list(_USERNAME) if system else []
    if operation.method == GET:
        parameters += [_parameter(each) for each in operation.declared]
    else:
        made["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": _body(operation)}},
        }
    if parameters:
        made["parameters"] = parameters
    return made


_USERNAME: tuple[Json, ...] = (
    {
        "name": "X-Bk-Username",
        "in": "header",
        "required": False,
        "description": "In whose name the app calls.",
        "schema": {"type": "string"},
    },
)


def _parameter(field: Field) -> Json:
    said = field.said
    about = said.pop("description", "")
    return {
        "name": field.name,
        "in": "query",
        "required": field.required,
        "description": about,
        "schema": said,
    }


def _body(operation: Operation) -> Json:
    if operation.whole:
        return {"$ref": f"#/components/schemas/{_REQUEST}"}
    fields = operation.declared
    return {
        "type": "object",
        "properties": {each.name: each.said for each in fields},
        "required": [each.name for each in fields if each.required],
    }


def _responses(operation: Operation, *, system: bool) -> Json:
    version = operation.version
    done = _content(_done(operation), "What was asked for.")
    if operation.links:
        done["links"] = dict(operation.links)
    if version == V3:
        done["description"] = "What was asked for; or, with `result` false, why it was not done."
    known = ["400", "401", "406", "429", "500", "503"]
    known += ["403", "404"] if version == V4 else []
    known += _BODY if operation.method == POST else ()
    del system
    return {"200": done, **{each: _refused(each, version) for each in sorted(known)}}


def _done(operation: Operation) -> Json:
    request: dict[str, Json] = {"job_request_id": TEXT}
    if operation.version == V4:
        return mapping({"data": operation.answer, **request})
    done = mapping(
        {
            "result": {"const": True},
            "code": {"const": 0},
            "message": TEXT,
            "data": operation.answer,
            **request,
        }
    )
    return {"oneOf": [done, {"$ref": "#/components/schemas/error.v3"}]}


def _refused(status: str, version: int) -> Json:
    made = _content({"$ref": f"#/components/schemas/error.v{version}"}, _STATUSES[status])
    if status in _WAITING:
        seconds: Json = {"type": "integer", "minimum": 0}
        about = "Seconds after which to try again."
        made["headers"] = {"Retry-After": {"description": about, "schema": seconds}}
    return made


def _content(schema: Json, about: str) -> dict[str, Json]:
    return {"description": about, "content": {_JSON: {"schema": schema}}}


# ---------------------------------------------------------------- schemas


def _error_v4() -> Json:
    detail = mapping({"code": TEXT, "message": TEXT})
    error = mapping(
        {"code": {"type": "string", "enum": [each.value for each in Code]}, "message": TEXT},
        {
            "data": {"type": "object", "description": "What would have to be allowed."},
            "details": {"type": "array", "items": detail},
        },
    )
    return mapping({"error": error, "job_request_id": TEXT})


def _error_v3() -> Json:
    return mapping(
        {
            "result": {"const": False},
            "code": {**_as_mapping(INTEGER), "minimum": 1},
            "message": TEXT,
            "data": NULL,
            "job_request_id": TEXT,
        },
        {"permission": {"type": "object", "description": "What would have to be allowed."}},
    )


def _requests() -> dict[str, Json]:
    """Return the published schema of the request, its parts beside it."""
    schema = _moved(published.schema(_SCHEMA))
    whole = {name: each for name, each in _as_mapping(schema).items() if name not in _OWN}
    parts = _as_mapping(_as_mapping(schema)["$defs"])
    return {_REQUEST: whole, **{f"{_REQUEST}.{name}": each for name, each in parts.items()}}


_OWN = frozenset({"$schema", "$id", "$defs"})


def _moved(schema: Json) -> Json:
    """Return a schema whose references lead to where its parts are in the document."""
    if isinstance(schema, dict):
        return {
            name: value.replace("#/$defs/", f"#/components/schemas/{_REQUEST}.")
            if name == "$ref" and isinstance(value, str)
            else _moved(value)
            for name, value in schema.items()
        }
    return [_moved(each) for each in schema] if isinstance(schema, list) else schema


def _as_mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


# ---------------------------------------------------------------- the server's own pages


def _own() -> dict[str, Json]:
    status = mapping({"status": {"const": "ok"}})
    described: Json = {"type": "object"}
    counted: dict[str, Json] = {
        "description": "What is counted.",
        "content": {"text/plain; version=0.0.4; charset=utf-8": {"schema": TEXT}},
    }
    return {
        "/healthz": _page("health", _content(status, "It serves."), ("500", "503"), security=[]),
        "/metrics": _page("metrics", counted, ("401", "429", "500", "503")),
        "/openapi.json": _page(
            "openapi", _content(described, "This document."), ("401", "429", "500")
        ),
    }


def _page(name: str, done: Json, known: Iterable[str], security: list[Json] | None = None) -> Json:
    made: dict[str, Json] = {
        "operationId": name,
        "tags": ["server"],
        "summary": _PAGES[name],
        "responses": {"200": done, **{each: _refused(each, V4) for each in known}},
    }
    if security is not None:
        made["security"] = security
    return {"get": made}


_PAGES: dict[str, str] = {
    "health": "Whether the server serves; for everybody",
    "metrics": "What is counted, as Prometheus reads it",
    "openapi": "This document",
}
