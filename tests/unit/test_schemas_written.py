"""The published schemas of what jobgate writes: one shape a word, and the values of the code."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import narrow, published, wire
from runner.model import Act, Kind, Result, Role, Severity, Symbol
from runner.pipeline import auditing, recalling
from runner.progress import HostState, Status
from tests import journals, values

if TYPE_CHECKING:
    from runner.model import Json

WRITTEN = (
    "approvals.v1",
    "batches.v1",
    "checkup.v1",
    "explanation.v1",
    "findings.v1",
    "follow-ups.v1",
    "import.v1",
    "jobs.v1",
    "journal-entry.v1",
    "logs.v1",
    "outcome.v1",
    "pinning.v1",
    "plan.v1",
    "progress.v1",
    "record.v1",
    "reconciliation.v1",
    "records.v1",
    "rehearsal.v1",
    "status.v1",
    "verification.v1",
)
ENTRY = "journal-entry.v1"


def listed(schema: str, *path: str) -> set[Json]:
    """Return the values that an enumeration of a schema lists."""
    return set(narrow.texts(published.schema(schema), *path, "enum"))


def test_one_name_is_one_shape() -> None:
    """A definition that several schemas have is the same in each of them."""
    known: dict[str, Json] = {}
    for schema in WRITTEN:
        for name, shape in narrow.mapping(published.schema(schema), "$defs").items():
            assert known.setdefault(name, shape) == shape, (schema, name)
    assert len(known) > 20


def test_an_entry_of_a_record_is_a_line_of_the_journal() -> None:
    """A record embeds the journal's entries as they are."""
    line = published.schema(ENTRY)
    embedded = narrow.mapping(published.schema("record.v1"), "$defs", "entry")

    for name in ("properties", "required", "allOf", "unevaluatedProperties"):
        assert embedded[name] == line[name]


@pytest.mark.parametrize(
    ("schema", "path", "known"),
    [
        (ENTRY, ("properties", "kind"), set(Kind)),
        (ENTRY, ("$defs", "source", "properties", "role"), set(Role)),
        ("progress.v1", ("properties", "status"), {each.name.lower() for each in Status}),
        (ENTRY, ("$defs", "steering", "properties", "act"), set(Act)),
        ("findings.v1", ("$defs", "finding", "properties", "severity"), set(Severity)),
        ("plan.v1", ("$defs", "change", "properties", "symbol"), set(Symbol)),
        (
            "status.v1",
            ("$defs", "standing", "properties", "state"),
            set(Kind) - {Kind.GENESIS, Kind.POLICY, Kind.REMOVED, Kind.STEERED, Kind.SETTLED},
        ),
    ],
)
def test_enumerations(schema: str, path: tuple[str, ...], known: set[str]) -> None:
    """What a schema lists is what the code has."""
    assert listed(schema, *path) == known


@pytest.mark.parametrize(
    ("schema", "path", "kind", "name"),
    [
        ("status.v1", ("$defs", "host", "properties", "state"), HostState, "state"),
        ("record.v1", ("$defs", "result", "properties", "outcome"), Result, "outcome"),
    ],
)
def test_literals(schema: str, path: tuple[str, ...], kind: type, name: str) -> None:
    """What a schema lists is what the type allows."""
    declared = ast.parse(str(kind.__annotations__[name]), mode="eval").body

    assert isinstance(declared, ast.Subscript)
    assert set(ast.literal_eval(declared.slice)) == listed(schema, *path)


def test_proofs() -> None:
    """The names of proofs are those that auditing gives."""
    files = (auditing.__file__, recalling.__file__)
    texts = (Path(file).read_text("utf-8") for file in files)
    names = {
        ast.literal_eval(given.value)
        for text in texts
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "Proof"
        for given in call.keywords
        if given.arg == "name"
    }

    assert names == listed("verification.v1", "$defs", "proof", "properties", "name")


def test_entries_of_every_kind() -> None:
    """What the code drafts is valid, of every kind; with the data of another kind it is not."""
    validator = jsonschema_rs.Draft202012Validator(published.schema(ENTRY))
    jobs = [values.job(values.Wish(name=name)) for name in ("tidy", "sweep")]
    # The first choice of all is to adopt a job, which cannot come later.
    choices = [0, *(int(values.sha(number)[:8], 16) for number in range(800))]
    entries = [wire.entry(each) for each in journals.walked(choices, jobs)]

    for entry in entries:
        validator.validate(entry)
    kinds = {narrow.text(each, "kind"): narrow.mapping(each) for each in entries}
    assert kinds.keys() == set(Kind)
    for kind, entry in kinds.items():
        for other, another in kinds.items():
            swapped: Json = {**entry, "data": another["data"]}
            assert validator.is_valid(swapped) == (_shape(kind) == _shape(other)), (kind, other)


def _shape(kind: str) -> str:
    """Return the kind whose data look the same."""
    same = {"refused": "ended", "unknown": "ended", "removed": "started"}
    return same.get(kind, kind)
