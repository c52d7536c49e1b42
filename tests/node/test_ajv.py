"""Three validators that have nothing in common, and one verdict: Ajv, jsonschema, jsonschema-rs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from runner import published
from tests.bench.specs import Size
from tests.node import instances, peers

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 2500  # instances of each schema


@pytest.mark.parametrize("name", published.names())
def test_strict_mode(name: str) -> None:
    """Ajv compiles every published schema in its strict mode, without a word."""
    done = peers.judged(peers.SCHEMAS / f"{name}.json", [])

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("sloppy", [{"typ": "object"}, {"properties": {"a": True}}])
def test_strict_mode_is_strict(tmp_path: Path, sloppy: dict[str, object]) -> None:
    """Ajv would say so if a keyword was misspelt, or a schema had keys and no type."""
    path = tmp_path / "sloppy.json"
    path.write_text(json.dumps(sloppy))
    done = peers.judged(path, [])

    assert done.returncode != 0 or "strict mode" in done.stderr


@pytest.mark.parametrize("name", ["fast_execute_script.v4", "job-spec.v1"])
def test_one_verdict(name: str) -> None:
    """On thousands of instances, valid and spoilt, the three accept and refuse the same ones."""
    schema = published.schema(name)
    compiled = jsonschema_rs.Draft202012Validator(schema)
    judge = Draft202012Validator(schema)
    made = list(instances.instances(schema, Size(count=COUNT), compiled.is_valid))
    done = peers.judged(peers.SCHEMAS / f"{name}.json", made)
    said = [line == "true" for line in done.stdout.splitlines()]

    assert (done.returncode, len(said)) == (0, COUNT)
    for instance, ajv in zip(made, said, strict=True):
        verdicts = {
            "ajv": ajv,
            "jsonschema": judge.is_valid(instance),
            "jsonschema-rs": compiled.is_valid(instance),
        }
        assert len({*verdicts.values()}) == 1, (verdicts, json.dumps(instance))
    assert min(said.count(True), said.count(False)) > COUNT // 4


@pytest.mark.parametrize("name", ["fast_execute_script.v4", "job-spec.v1"])
def test_instances_are_many(name: str) -> None:
    """Few of the instances are the same."""
    schema = published.schema(name)
    accepts = jsonschema_rs.Draft202012Validator(schema).is_valid
    made = instances.instances(schema, Size(count=COUNT), accepts)

    assert len({json.dumps(each) for each in made}) > COUNT * 9 // 10
