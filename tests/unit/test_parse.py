"""Examples of the stage that reads specs, variables and policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import canon, parse
from runner.model import Blob, Oid, Role, Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.model import Checked, Document


def _blob(text: str, path: str = "specs/a.yaml") -> Blob:
    content = text.encode()
    return Blob(path=path, oid=Oid("0" * 40), sha256=canon.sha256(content), content=content)


def test_a_spec_knows_where_it_is_from() -> None:
    """A spec holds its document, and its file as its own source."""
    blob = _blob("kind: ScriptJob\n")
    checked = parse.spec(blob)

    assert checked.findings == ()
    assert checked.value is not None
    assert checked.value.document.tree == {"kind": "ScriptJob"}
    assert checked.value.document.file == "specs/a.yaml"
    assert checked.value.own == Source(
        path=blob.path, oid=blob.oid, sha256=blob.sha256, role=Role.OWN
    )


def test_templates_are_left_alone() -> None:
    """What stands in braces inside a string is text."""
    checked = parse.spec(_blob('a: "{{ vars.x }}"\n'))

    assert checked.value is not None
    assert checked.value.document.tree == {"a": "{{ vars.x }}"}


@pytest.mark.parametrize("read", [parse.variables, parse.policy_document])
def test_a_document_is_a_mapping(read: Callable[[Blob], Checked[Document]]) -> None:
    """Variables and policies are documents whose root is a mapping."""
    checked = read(_blob("a: {b: 1}\n", "specs/vars.yaml"))

    assert checked.findings == ()
    assert checked.value is not None
    assert checked.value.tree == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "kind"), [("\n- a\n- b\n", "a list"), ("\ntext\n", "a single value")]
)
def test_another_root_is_refused(text: str, kind: str) -> None:
    """A list or a scalar at the root is a finding at its place, and no value."""
    spec, variables = parse.spec(_blob(text)), parse.variables(_blob(text))
    policy = parse.policy_document(_blob(text))

    assert (spec.value, variables.value, policy.value) == (None, None, None)
    assert [
        finding.message for checked in (spec, variables, policy) for finding in checked.findings
    ] == [
        f"cannot read {noun} from {kind}: the root must be a mapping"
        for noun in ("a spec", "variables", "a policy")
    ]
    assert {finding.rule for finding in spec.findings} == {"root-not-mapping"}
    assert spec.findings[0].place.span.line == 2
    assert spec.findings[0].place.span.column == 1


def test_warnings_stay() -> None:
    """Warnings come with the value, and with a refusal of the root."""
    assert [finding.rule for finding in parse.spec(_blob("a: 01\n")).findings] == ["leading-zero"]
    assert [finding.rule for finding in parse.spec(_blob("- 01\n")).findings] == [
        "leading-zero",
        "root-not-mapping",
    ]


def test_findings_of_the_text_are_handed_on() -> None:
    """What is wrong with the YAML is told once, under the path of the blob."""
    checked = parse.spec(_blob("a: 1.5\n", "specs/b.yaml"))

    (finding,) = checked.findings
    assert checked.value is None
    assert (finding.rule, finding.place.file) == ("float", "specs/b.yaml")
    assert finding.place.span == Span(1, 4, 1, 7)
