"""The laws of reading YAML: what was written is what is read, and every place is right."""

from __future__ import annotations

import copy
import io
import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from runner import narrow
from runner.model import Document, Finding, Json, Path, Severity, Span
from runner.yaml import yaml12, yamlevents, yamltext
from tests import yamlwriter

if TYPE_CHECKING:
    from runner.yaml.yamlevents import Parse
    from tests.yamlwriter import Styles

pytestmark = pytest.mark.laws

_PARSERS = (yamlevents.parse, yamlevents.pure)
_FRAGMENTS = (
    *("&a ", "*a", "<<: ", "!!str ", "%TAG", "---\n", "...\n", "? ", "- ", ": ", "\t", "\n", "\r"),
    *("[", "]", "{", "}", '"', "'", "|\n", "#", "\\", "\\ud800", "\u202e", "\ufeff", "\x00", "é"),
    *("\x85", "\u2028", "1.5", "012", "@", "`", "\xff", "\\U00110000", "9" * 101, "𝄞", ",", "  "),
)
_BREAK = re.compile(r"\r\n|\r|\n")


def _document(text: str, parse: Parse = yamlevents.parse) -> Document:
    checked = yaml12.document("f.yaml", text.encode(), parse=parse)
    assert [f for f in checked.findings if f.severity is Severity.ERROR] == []
    assert checked.value is not None
    return checked.value


def _at(tree: Json, path: Path) -> Json:
    for part in path:
        tree = (
            dict(enumerate(tree))[int(part)]
            if isinstance(tree, list)
            else narrow.at(tree, str(part))
        )
    return tree


def _cut(text: str, span: Span) -> str:
    """Return the text of `span`, its first line indented as it stands."""
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    return " " * (span.column - 1) + "\n".join(lines)[span.column - 1 :]


def _inside(content: bytes, finding: Finding) -> bool:
    lines = _BREAK.split(content.decode("utf-8", "replace").removeprefix("\ufeff"))
    span = finding.place.span
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    return start <= end and all(
        1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1
        for line, column in (start, end)
    )


@settings(max_examples=150)
@given(yamlwriter.trees(), yamlwriter.styles(), st.sampled_from(_PARSERS))
def test_what_was_written_is_read(tree: Json, styles: Styles, parse: Parse) -> None:
    """Reading what was written in any style gives the same tree."""
    assert _document(yamlwriter.write(tree, styles), parse).tree == tree


@settings(max_examples=100)
@given(yamlwriter.trees())
def test_json_is_yaml(tree: Json) -> None:
    """JSON is read as what it is, as long as nothing hidden stands in it literally."""
    text = json.dumps(tree, ensure_ascii=False)
    text = yamltext.HIDDEN.sub("?", text)

    assert _document(text + "\n").tree == json.loads(text)


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.text("abcü𝄞:-#' ", max_size=6),
        st.text("01abü𝄞:-~#'\"\n ", max_size=9) | st.integers() | st.booleans() | st.none(),
    )
)
def test_agrees_with_ruamel(tree: dict[str, Json]) -> None:
    """What ruamel's safe dumper wrote is read as it was."""
    stream = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False  # in flow style it writes what libyaml does not take: {:a: 1}
    writer.dump(tree, stream)

    assert _document(stream.getvalue()).tree == tree


@settings(max_examples=150)
@given(yamlwriter.trees(), yamlwriter.styles(), st.sampled_from(_PARSERS))
def test_every_span_points_at_its_value(tree: Json, styles: Styles, parse: Parse) -> None:
    """The text of each span reads back as the value or the key that it is the span of."""
    text = yamlwriter.write(tree, styles)
    document = _document(text, parse)

    for path, span in document.values.items():
        checked = yaml12.document("cut", _cut(text, span).encode(), parse=parse)
        wanted = _at(tree, path)
        if wanted is None:
            assert [finding.rule for finding in checked.findings] == ["empty-document"]
        else:
            assert checked.value is not None
            assert checked.value.tree == wanted
    for path, span in document.keys.items():
        assert _document(_cut(text, span)).tree == path[-1]


@settings(max_examples=60)
@given(yamlwriter.trees(), yamlwriter.styles())
def test_every_value_and_every_key_has_a_span(tree: Json, styles: Styles) -> None:
    """There is a span for each value and each key of the tree, and for nothing else."""
    document = _document(yamlwriter.write(tree, styles))
    values: list[Path] = []
    keys: list[Path] = []
    _walk(tree, (), values, keys)

    assert sorted(document.values, key=repr) == sorted(values, key=repr)
    assert sorted(document.keys, key=repr) == sorted(keys, key=repr)
    assert copy.deepcopy(document) == document


def _walk(tree: Json, path: Path, values: list[Path], keys: list[Path]) -> None:
    values.append(path)
    if isinstance(tree, dict):
        keys += [(*path, key) for key in tree]
        for key, value in tree.items():
            _walk(value, (*path, key), values, keys)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            _walk(value, (*path, index), values, keys)


@settings(max_examples=80)
@given(yamlwriter.trees(), yamlwriter.styles(), yamlwriter.styles())
def test_layout_changes_nothing(tree: Json, one: Styles, other: Styles) -> None:
    """Comments, styles and the order of keys do not change the tree."""
    turned = dict(reversed(tree.items())) if isinstance(tree, dict) else tree

    first = _document(yamlwriter.write(tree, one))
    second = _document(yamlwriter.write(turned, other))

    assert first.tree == second.tree


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    text = yamlwriter.write(draw(yamlwriter.trees()), draw(yamlwriter.styles()))
    for fragment in draw(st.lists(st.sampled_from(_FRAGMENTS), min_size=1, max_size=4)):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + fragment + text[at + draw(st.integers(0, 2)) :]
    return text.encode("latin-1" if "\xff" in text else "utf-8", "ignore")


@settings(max_examples=150)
@given(_mutated() | st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_give_a_tree_or_findings(content: bytes) -> None:
    """Any bytes at all give a tree or errors that stand inside the file, and never an exception."""
    for parse in _PARSERS:
        checked = yaml12.document("f.yaml", content, parse=parse)
        errors = [f for f in checked.findings if f.severity is Severity.ERROR]

        assert (checked.value is None) == bool(errors)
        assert all(_inside(content, finding) for finding in checked.findings)
        assert all(finding.message and finding.mend for finding in checked.findings)
        if checked.value is not None:
            assert () in checked.value.values


@settings(max_examples=100)
@given(_mutated())
def test_both_parsers_agree(content: bytes) -> None:
    """Where the C parser and the pure one both take a text, they read the same from it."""
    compiled = yaml12.document("f.yaml", content)
    pure = yaml12.document("f.yaml", content, parse=yamlevents.pure)

    if compiled.value is not None and pure.value is not None:
        assert compiled.value.tree == pure.value.tree


@settings(max_examples=20)
@given(levels=st.integers(2, 40), width=st.integers(2, 40), flow=st.booleans())
def test_a_bomb_does_not_go_off(levels: int, width: int, *, flow: bool) -> None:
    """Aliases of aliases are read or refused at once, however many values they stand for."""
    lines = ["a0: &a0 x"]
    for level in range(1, levels):
        alias = f"*a{level - 1}"
        entries = f"[{','.join([alias] * width)}]" if flow else f"\n- {alias}" * width
        lines.append(f"a{level}: &a{level} {entries}")
    began = time.process_time()

    checked = yaml12.document("bomb.yaml", "\n".join(lines).encode())
    if checked.value is not None:
        assert len(checked.value.values) <= yaml12.NODES

    assert time.process_time() - began < 3
