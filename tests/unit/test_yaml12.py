"""Examples of what is read from YAML, and of everything that is refused, with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.model import Finding, Json, Severity, Span
from runner.yaml import yaml12, yamlevents

_CASES = Path(__file__).parents[1] / "cases" / "yaml"
_GOOD = sorted(_CASES.glob("good/*.yaml"))
_BAD = sorted(_CASES.glob("bad/*.yaml"))


def _findings(content: bytes | str) -> tuple[Finding, ...]:
    encoded = content.encode() if isinstance(content, str) else content
    return yaml12.document("f.yaml", encoded).findings


def _said(content: bytes | str) -> list[str]:
    return [
        f"{finding.rule} {finding.place.span.line}:{finding.place.span.column}"
        for finding in _findings(content)
    ]


def _tree(content: str) -> Json:
    checked = yaml12.document("f.yaml", content.encode())
    assert checked.value is not None
    return checked.value.tree


@pytest.mark.parametrize("path", _GOOD, ids=lambda path: path.stem)
def test_good_cases(path: Path) -> None:
    """A good case is read as the tree in the JSON file beside it, and nothing is found."""
    checked = yaml12.document(path.name, path.read_bytes())

    assert checked.findings == ()
    assert checked.value is not None
    assert checked.value.tree == json.loads(path.with_suffix(".json").read_bytes())


@pytest.mark.parametrize("path", _BAD, ids=lambda path: path.stem)
def test_bad_cases(path: Path) -> None:
    """A bad case yields just the rules and places in the file beside it, in order."""
    expected = path.with_suffix(".expected").read_text().splitlines()

    assert _said(path.read_bytes()) == expected


def test_an_error_leaves_no_value() -> None:
    """A document with any error has no value, even where a tree could be made."""
    assert yaml12.document("f.yaml", b"a: 1\na: 2\n").value is None


def test_a_warning_leaves_the_value() -> None:
    """A leading zero is warned of, and read as YAML 1.2 has it."""
    checked = yaml12.document("f.yaml", b"mode: 0644\n")

    assert checked.value is not None
    assert checked.value.tree == {"mode": 644}
    assert [finding.severity for finding in checked.findings] == [Severity.WARNING]


def test_a_finding_tells_everything() -> None:
    """A finding has the file, the pointer, the whole span, a message and a mend."""
    (finding,) = _findings("ä:\n  b/c: [x, 1.5]\n")

    assert finding.place.file == "f.yaml"
    assert finding.place.pointer == "/ä/b~1c/1"
    assert finding.place.span == Span(2, 12, 2, 15)
    assert finding.message == "cannot accept '1.5': a float has no single exact form"
    assert finding.mend == "quote it, or write an integer"


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    """The message about a duplicate key says where the one before it stands."""
    (finding,) = _findings("a: 1\nb: 2\na: 3\n")

    assert finding.message == "cannot tell which 'a' is meant: it is in line 1 already"
    assert finding.place.pointer == "/a"


def test_a_long_key_is_shortened_and_escaped_in_messages() -> None:
    """A message shows neither a long key whole nor a hidden character as it is."""
    key = '"' + "x" * 100 + '"'
    (finding,) = _findings(f"{key}: 1\n{key}: 2\n")
    (hidden,) = _findings('"\\u202e": 1\n"\\u202e": 2\n')

    assert "x" * 39 + "…" in finding.message
    assert "\\u202e" in hidden.message


def test_syntax_in_our_words() -> None:
    """A syntax error gives the parser's problem and where what it was reading began."""
    (finding,) = _findings("a:\n  [1, 2\nb: 3\n")

    assert finding.message == (
        "cannot read the YAML: did not find expected ',' or ']'"
        " while parsing a flow sequence that begins in line 2"
    )
    assert finding.mend == "put a comma between the entries, and close the bracket"


def test_a_colon_in_flow_says_to_quote() -> None:
    """Where the C parser refuses valid YAML, the mend says to quote."""
    (finding,) = _findings("a: [http://x:80]\n")

    assert finding.mend == 'quote the value, as in ["http://x:80"]'


def test_an_unknown_problem_still_has_a_mend() -> None:
    """A problem that no mend was written for gets the one that helps most often."""
    (finding,) = _findings("a: |0\n  x\n")

    assert finding.rule == "syntax"
    assert finding.mend == "quote the value there"


def test_depth_is_bounded() -> None:
    """Sixty-four collections may stand within one another, in values and in keys, and no more."""
    assert _said("[" * 64 + "]" * 64) == []
    assert _said("[" * 65 + "]" * 65) == ["too-deep 1:65"]
    assert _said("? " * 65 + "x") == ["too-deep 1:129"]


def test_depth_counts_what_an_alias_brings_in() -> None:
    """An alias is as deep as what it stands for, wherever that was written."""
    half = "[" * 32 + "x" + "]" * 32
    deep = f"a: &a {half}\nb: " + "[" * 31 + "*a" + "]" * 31 + "\n"
    deeper = f"a: &a {half}\nb: &b " + "[" * 31 + "*a" + "]" * 31 + "\nc: [*b]\n"

    assert _said(deep) == []
    assert _said(deeper) == ["too-deep 3:5"]


def test_aliases_are_bounded() -> None:
    """Sixty-four anchors and aliases are allowed, and no more."""
    assert _said("- &a 1\n" + "- *a\n" * 63) == []
    assert _said("- &a 1\n" + "- *a\n" * 64) == ["too-many-anchors 65:3"]


def test_values_are_bounded() -> None:
    """Values are counted with all that aliases bring in."""
    block = "a: &a [" + "1," * 4_000 + "]\n"

    assert _said(block + "b: [" + "*a," * 40 + "]\n") == []
    assert _said(block + "b: [" + "*a," * 60 + "]\n") == ["too-many-values 2:149"]
    assert _said("- 1\n" * yaml12.NODES) == [f"too-many-values {yaml12.NODES}:3"]


def test_findings_are_bounded() -> None:
    """After a hundred findings one more says that there are others."""
    found = _said("- 1.5\n" * 200)

    assert len(found) == 101
    assert found[-1] == "too-many-findings 100:3"


def test_values_of_bad_keys_are_checked_too() -> None:
    """What belongs to a refused key is checked like everything else."""
    assert _said("1: 1.5\n<<: [1.5]\n") == [
        "key-not-string 1:1",
        "float 1:4",
        "merge-key 2:1",
        "float 2:6",
    ]


def test_pointers_under_bad_keys() -> None:
    """A pointer under a key that is no string has the key's text, or nothing for a collection."""
    found = [finding.place.pointer for finding in _findings("a: {1: 1.5, ? [b] : 1.5}\n")]

    assert found == ["/a/1", "/a/1", "/a/", "/a/"]


def test_an_alias_shares_its_value() -> None:
    """An alias stands for the value of its anchor, scalar or collection."""
    assert _tree("a: &a {x: &b no}\nc: [*a, *b]\n") == {
        "a": {"x": "no"},
        "c": [{"x": "no"}, "no"],
    }


def test_nothing_is_found_beyond_the_last_line() -> None:
    """A file whose last line is not ended has its findings on that line."""
    (finding,) = _findings("a: [1")

    assert finding.place.span == Span(1, 6, 1, 6)


def test_the_pure_parser_reads_the_same() -> None:
    """Without the C library every case gives the same tree, or errors as well."""
    for path in _GOOD:
        content = path.read_bytes()
        compiled = yaml12.document(path.name, content)
        pure = yaml12.document(path.name, content, parse=yamlevents.pure)
        assert pure.value is not None
        assert compiled.value is not None
        assert pure.value.tree == compiled.value.tree
    for path in _BAD:
        if path.stem not in {"colon-in-flow", "leading-zero"}:
            pure = yaml12.document(path.name, path.read_bytes(), parse=yamlevents.pure)
            assert pure.value is None


def test_the_pure_parser_gives_some_problems_as_a_context() -> None:
    """A problem that the pure parser states in the wrong place is told all the same."""
    checked = yaml12.document("f.yaml", b"- |-\n \n   no\n", parse=yamlevents.pure)

    (finding,) = checked.findings
    assert "more indented follow up line" in finding.message
    assert finding.place.span.line == 3
