"""The published schemas: valid, closed, documented, and of one mind with one another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from runner import published, requests
from runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json

_SPEC = "job-spec.v1"
_BODY = "fast_execute_script.v4"
_TEMPLATE = {"$ref": "#/$defs/template"}
_RESERVED = {
    "param_sensitive",
    "script_content",
    "script_id",
    "script_language",
    "script_param",
    "script_version_id",
    "start_task",
}
_every = pytest.mark.parametrize("name", published.names())


def _nodes(tree: Json, where: str = "") -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield every subschema that is a mapping, with its pointer."""
    if isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _nodes(item, f"{where}/{index}")
    if isinstance(tree, dict):
        yield where, tree
        for key, value in tree.items():
            if key not in {"examples", "default", "enum", "const", "required"}:
                yield from _nodes(value, f"{where}/{key}")


def _mapping(tree: Json) -> dict[str, Json]:
    assert isinstance(tree, dict)
    return tree


def _list(tree: Json) -> list[Json]:
    assert isinstance(tree, list)
    return tree


def _properties(name: str) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield every declared key of every mapping, with its pointer; conditions are left out."""
    for where, node in _nodes(published.schema(name)):
        if node.get("type") == "object":
            for key, value in _mapping(node.get("properties", {})).items():
                yield f"{where}/properties/{key}", _mapping(value)


def test_names() -> None:
    """What is read and what is written has a published schema, under a name with a version."""
    assert published.names() == (
        "approvals.v1",
        "batches.v1",
        "checkup.v1",
        "explanation.v1",
        "fast_execute_script.v4",
        "file-source.v1",
        "findings.v1",
        "follow-ups.v1",
        "import.v1",
        "inventory.v1",
        "job-spec.v1",
        "jobs.v1",
        "journal-entry.v1",
        "lock.v1",
        "logs.v1",
        "outcome.v1",
        "pinning.v1",
        "plan.v1",
        "policy.v1",
        "progress.v1",
        "reconciliation.v1",
        "record.v1",
        "records.v1",
        "rehearsal.v1",
        "status.v1",
        "vars.v1",
        "verification.v1",
    )


def test_unknown_name() -> None:
    """A name that is not published is a wrong use, and the mend lists those that are."""
    with pytest.raises(UsageError, match=r"cannot find the schema 'job-spec\.v2'") as error:
        published.schema("job-spec.v2")
    assert "job-spec.v1" in error.value.mend


@_every
def test_text(name: str) -> None:
    """The text is the file, byte for byte."""
    folder = Path(published.__file__).parents[1] / "schemas"
    assert published.text(name) == (folder / f"{name}.json").read_bytes()


@_every
def test_readme_lists(name: str) -> None:
    """The folder's README has a row for each schema, with its URN."""
    readme = (Path(published.__file__).parents[1] / "schemas" / "README.md").read_text("utf-8")
    assert f"| `{name}.json` | `{published.schema(name)['$id']}` |" in readme


@_every
def test_metaschema(name: str) -> None:
    """Both validators take the schema for one, and its identity is a stable URN of its name."""
    schema = published.schema(name)
    Draft202012Validator.check_schema(schema)
    jsonschema_rs.Draft202012Validator(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:jobgate:" + name.replace(".v", ":")


@_every
def test_self_contained(name: str) -> None:
    """Every reference is to a definition of the same file, and every definition is used."""
    schema = published.schema(name)
    defs = _mapping(schema["$defs"])
    used = {str(node["$ref"]) for _, node in _nodes(schema) if "$ref" in node}
    assert used == {f"#/$defs/{key}" for key in defs}


@_every
def test_closed(name: str) -> None:
    """Every mapping says which keys it has, or what its values are."""
    for where, node in _nodes(published.schema(name)):
        if node.get("type") == "object":
            closed = node.get("unevaluatedProperties") is False
            assert closed != isinstance(node.get("additionalProperties"), dict), where
            assert closed == ("properties" in node), where


@_every
def test_documented(name: str) -> None:
    """Every key has a title, a description and valid examples; a default is valid too."""
    schema = published.schema(name)
    for where, node in _properties(name):
        assert isinstance(node["title"], str), where
        assert str(node["description"]).endswith((".", ")")), where
        checker = Draft202012Validator({**node, "$defs": schema["$defs"]})
        samples = _list(node["examples"]) + ([node["default"]] if "default" in node else [])
        assert samples, where
        for sample in samples:
            assert checker.is_valid(sample), (where, sample)


@_every
def test_root_example(name: str) -> None:
    """Each schema shows a whole document that is valid."""
    schema = published.schema(name)
    for sample in _list(schema["examples"]):
        assert Draft202012Validator(schema).is_valid(sample)


@_every
def test_patterns(name: str) -> None:
    """A pattern reaches the end without `$`, and comes with a sentence and an example of it.

    That of a template has neither: an editor would show them in the place of the field's own.
    """
    for where, node in _nodes(published.schema(name)):
        pattern = node.get("pattern")
        if not isinstance(pattern, str):
            continue
        assert not pattern.endswith("$"), where
        assert not pattern.startswith("^") or pattern.endswith(r"(?![\s\S])"), where
        if where == _TEMPLATE["$ref"].removeprefix("#"):
            assert not {"title", "description", "examples"} & node.keys()
            continue
        assert isinstance(node["description"], str), where
        for sample in _list(node["examples"]):
            assert re.search(pattern, str(sample)), where


@_every
def test_integers_are_bounded(name: str) -> None:
    """An integer has both bounds or neither: a huge one defeats a validator with one bound."""
    for where, node in _nodes(published.schema(name)):
        if node.get("type") == "integer" and "enum" not in node:
            assert ("minimum" in node) == ("maximum" in node), where


def test_enumerations() -> None:
    """A request's names for numbers are those that resolving knows."""
    request = _mapping(_mapping(published.schema(_SPEC))["$defs"])
    rolling = _mapping(_mapping(request["rolling_config"])["properties"])
    script = _mapping(_mapping(published.schema(_SPEC)["properties"])["script"])
    for node, known in (
        (rolling["type"], requests.ROLLING_TYPES),
        (rolling["mode"], requests.ROLLING_MODES),
        (rolling["execution_mode"], requests.EXECUTION_MODES),
        (_mapping(script["properties"])["language"], requests.LANGUAGES),
    ):
        choice = _mapping(_list(_mapping(node)["anyOf"])[0])
        assert choice["enum"] == [*known, *known.values()]


# ---------------------------------------------------------------- the two forms of a request


def _wire(node: Json) -> Json:
    """Return the authoring form of a field as its wire form: the first alternative."""
    if not isinstance(node, dict) or _TEMPLATE not in _list(node.get("anyOf", [])):
        return node
    options = [option for option in _list(node["anyOf"]) if option != _TEMPLATE]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    first = _mapping(options[0])
    null: Json = {"type": "null"}
    return {**rest, "anyOf": [first, null]} if null in options else {**rest, **first}


_KINDS = ("title", "type", "minimum", "minItems", "maxItems", "required", "$ref", "contentEncoding")


def _same(authored: Json, wire: Json, where: str) -> None:
    """Hold an authored subschema to the one of the wire, field by field."""
    mine, theirs = _mapping(_wire(authored)), _mapping(wire)
    if "enum" in theirs:
        assert set(map(str, _list(theirs["enum"]))) <= set(map(str, _list(mine["enum"]))), where
        return
    for kind in _KINDS:
        assert mine.get(kind) == theirs.get(kind), (where, kind)
    assert mine.get("description") == theirs.get("description"), where
    if "items" in theirs:
        _same(mine["items"], theirs["items"], f"{where}/items")
    if "properties" in theirs:
        ours, those = _mapping(mine["properties"]), _mapping(theirs["properties"])
        assert list(ours) == [key for key in those if key not in _RESERVED], where
        for key, value in ours.items():
            _same(value, those[key], f"{where}/{key}")


def test_spec_contains_the_body() -> None:
    """Under `request` a spec has the fields of the body, each with the same words and bounds."""
    spec, body = published.schema(_SPEC), published.schema(_BODY)
    request = _mapping(_mapping(spec["properties"])["request"])
    assert set(_mapping(body["properties"])) - set(_mapping(request["properties"])) == _RESERVED
    for key, value in _mapping(request["properties"]).items():
        _same(value, _mapping(body["properties"])[key], key)
    mine, theirs = _mapping(spec["$defs"]), _mapping(body["$defs"])
    for key in theirs:
        _same(mine[key], theirs[key], key)
