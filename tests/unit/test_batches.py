"""`jobgate batches`: sizes, timetables and pictures, source files, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import batches, narrow, published, scatter
from runner.cli import program
from runner.filesources import Part
from runner.report import batches as shown
from runner.scatter import Waits, Window

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json

GROUPS: Json = [
    {"hosts": [1, 2, 3], "files": ["a", "b"]},
    {"hosts": ["web-1", {"bk_cloud_id": 0, "ip": "10.0.0.1"}], "files": ["c"]},
]
SCHEMA = jsonschema_rs.Draft202012Validator(published.schema("batches.v1"))


@pytest.fixture
def groups(tmp_path: Path) -> str:
    """Return a file of groups of source files."""
    file = tmp_path / "groups.json"
    file.write_text(json.dumps(GROUPS), "utf-8")
    return str(file)


def ran(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> str:
    """Run the command to the exit code that is expected, and return its output."""
    assert program.run(["batches", *words]) == code
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> dict[str, Json]:
    """Run the command for JSON, which has its schema, and return the document."""
    tree: dict[str, Json] = json.loads(ran(capsys, code, *words, "--format", "json"))
    SCHEMA.validate(tree)
    assert tree.pop("schema") == "urn:jobgate:batches:1"
    return tree


def made(expression: str, hosts: int, waits: Waits | None = None) -> batches.Rolled:
    """Return the batches of an expression that has them."""
    rolled = batches.rolled(expression, hosts, waits)
    assert rolled.value is not None, rolled.findings
    return rolled.value


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("expression", "hosts", "place", "rule"),
    [
        ("1 10% x2", 10, (1, 7, 1, 9), "rolling-expression"),
        ("", 10, (1, 1, 1, 2), "rolling-expression"),
        ("1  2", 10, (1, 3, 1, 4), "rolling-expression"),
        ("10 \t5x\n 20", 10, (1, 5, 1, 7), "rolling-expression"),
        ("1 2\n 4x", 10, (2, 2, 2, 4), "rolling-expression"),
        ("10 1", 512, (1, 4, 1, 5), "too-many-batches"),
        ("3 *1000000000", 10, (1, 3, 1, 14), "rolling-expression"),
    ],
)
def test_a_fault_stands_at_its_part(
    expression: str, hosts: int, place: tuple[int, int, int, int], rule: str
) -> None:
    """A finding points at the part of the expression that is at fault, also behind a line end."""
    (found,) = batches.rolled(expression, hosts, None).findings

    span = found.place.span
    assert (span.line, span.column, span.end_line, span.end_column) == place
    assert (found.place.file, found.rule) == ("EXPRESSION", rule)


def test_a_timetable() -> None:
    """With waits each batch has its window."""
    assert made("1 2", 5, Waits(fixed=1000, least=0, most=500)) == batches.Rolled(
        expression="1 2",
        hosts=5,
        sizes=(1, 2, 2),
        windows=(
            Window(earliest=0, latest=0),
            Window(earliest=1000, latest=1500),
            Window(earliest=2000, latest=3000),
        ),
    )


def test_what_cannot_be_scattered_is_told_all_at_once() -> None:
    """More than 200 batches, and a most below the least, are findings of a scatter job."""
    waits = Waits(fixed=0, least=5, most=3)
    found = batches.rolled("1", 201, waits).findings

    assert [(each.place.file, each.rule) for each in found] == [
        ("EXPRESSION", "too-many-batches"),
        ("--scatter-max", "scatter-waits"),
    ]
    assert len(made("1", scatter.MOST, Waits(fixed=0, least=3, most=3)).windows) == 200


# ---------------------------------------------------------------- pictures


def test_a_picture_of_a_few_batches() -> None:
    """Each batch is a bar behind all that came before it, with its size and how far it gets."""
    assert shown.rolled(made("1 10% *2", 500), 60) == (
        "“1 10% *2” over 500 hosts: 5 batches\n"
        "  batch 1  █                                        <1%  1\n"
        "  batch 2  ████                                     10%  50\n"
        "  batch 3  ···█████████                             30%  100\n"
        "  batch 4  ···········████████████████              70%  200\n"
        "  batch 5  ··························████████████  100%  149\n"
    )


def test_many_batches_are_summed_up() -> None:
    """Beyond a screen batches of one size are one row."""
    lines = shown.rolled(made("5 10", 501), 70).splitlines()

    assert lines[0] == "“5 10” over 501 hosts: 51 batches"
    assert [line.split()[:4] for line in lines[1:]] == [
        ["batch", "1", "█", "<1%"],
        ["batches", "2", "to", "50"],
        ["batch", "51", "·" * 35 + "█", "100%"],
    ]
    assert lines[2].endswith("10 each")


def test_many_sizes_are_summed_up_in_the_middle() -> None:
    """Where there are too many sizes as well, only the first and last ones stand alone."""
    lines = shown.rolled(made("5 +1", 5000), 80).splitlines()

    assert len(lines) == 26
    assert lines[13].startswith("  batches 13 to 84 ")
    assert lines[13].endswith("about 52 each")


def test_a_picture_of_a_timetable() -> None:
    """Scattered batches say when they start; a row of several from the first to the last."""
    waits = Waits(fixed=60_000, least=0, most=1500)

    few = shown.rolled(made("1 50%", 20, waits), 80).splitlines()
    assert few[0].endswith("3 batches, the last one starts 2m to 2m 3s after the first")
    assert few[1].endswith("  1  at once")
    assert few[2].endswith("  10  1m to 1m 1.5s after the first")
    many = shown.rolled(made("1", 200, waits), 80).splitlines()
    assert many[1].endswith("1 each  0s to 3h 23m 58.5s after the first")


def test_no_hosts() -> None:
    """Without hosts there are no batches."""
    assert shown.rolled(made("10", 0), 80) == "“10” over 0 hosts: no batches\n"


def test_what_is_shown_moves_no_cursor() -> None:
    """A name that a terminal would act on is written out."""
    part = Part(group=1, hosts=("\x1b[2J",), files=(3,))

    assert "\n    group 1: 3 from \\u001b[2J\n" in shown.divided(((part,),), 80)


def test_a_picture_of_source_files() -> None:
    """Each batch says how much it sends, and which files of which group from which hosts."""
    hosts = tuple(range(9))
    both = (Part(group=1, hosts=hosts, files=("a",)), Part(group=2, hosts=(), files=("b",)))
    alone = (Part(group=3, hosts=(1,), files=("c",)),)

    assert shown.divided((both, alone), 60) == (
        "2 batches, 10 files to send\n"
        "  batch 1  ███████████████████████     90%  9 hosts, 2 files\n"
        "    group 1: a from 0, 1, 2, 3, 4, 5 and 3 more\n"
        "    group 2: b from none\n"
        "  batch 2  ························███  100%  1 host, 1 file\n"
        "    group 3: c from 1\n"
    )


def test_many_batches_of_source_files() -> None:
    """The middle of a long list is left out."""
    batch = (Part(group=1, hosts=(1,), files=("a",)),)
    lines = shown.divided((batch,) * 100, 80).splitlines()

    assert lines[0] == "100 batches, 100 files to send"
    assert lines[25] == "  … and 76 batches more …"
    assert lines[26].startswith("  batch 89 ")
    assert len(lines) == 1 + 2 * 24 + 1


# ---------------------------------------------------------------- the command


def test_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    """An expression and a number of hosts become sizes."""
    assert document(capsys, 0, "1 10% *2", "--hosts", "500") == {
        "expression": "1 10% *2",
        "hosts": 500,
        "sizes": [1, 50, 100, 200, 149],
    }
    assert "“1 10% *2” over 500 hosts: 5 batches\n" in ran(capsys, 0, "1 10% *2", "--hosts", "500")


@pytest.mark.parametrize(
    ("words", "latest"),
    [
        (("--scatter-fixed", "1000"), 1000),
        (("--scatter-min", "5"), 5),
        (("--scatter-fixed", "1000", "--scatter-min", "5", "--scatter-max", "7"), 1007),
        (("--scatter-max", "7"), 7),
    ],
)
def test_timetable(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], latest: int) -> None:
    """Any wait makes it a scatter job; the most that is not given is the least."""
    told = document(capsys, 0, "1", "--hosts", "2", *words)

    assert told["sizes"] == [1, 1]
    second = narrow.items(told, "timetable")[1]
    assert narrow.integer(second, "latest_ms", default=0) == latest


@pytest.mark.parametrize("expression", ["", "-1", "--x", "1 2 x", "\uff11", "\udcff", "*0", " 1"])
def test_an_expression_that_is_none(capsys: pytest.CaptureFixture[str], expression: str) -> None:
    """What the platform refuses is a finding, also where it looks like an option."""
    told = document(capsys, 1, expression, "--hosts", "500")

    assert told.keys() == {"findings"}
    (found,) = narrow.items(told, "findings")
    assert narrow.text(found, "rule") == "rolling-expression"
    assert "[rolling-expression]\n" in ran(capsys, 1, expression, "--hosts", "500")


def test_the_limit(capsys: pytest.CaptureFixture[str]) -> None:
    """501 batches are the most there can be."""
    assert document(capsys, 0, "1", "--hosts", "501")["sizes"] == [1] * 501
    (found,) = narrow.items(document(capsys, 1, "1", "--hosts", "502"), "findings")
    assert narrow.text(found, "rule") == "too-many-batches"


def test_source_files(capsys: pytest.CaptureFixture[str], groups: str) -> None:
    """A batch lists all its objects and files, and which of them belong together."""
    words = ("--file-source", groups, "--max-files", "3")

    assert document(capsys, 0, *words) == {
        "batches": [
            {
                "objects": [1, 2, 3, "web-1", {"bk_cloud_id": 0, "ip": "10.0.0.1"}],
                "files": ["a", "b", "c"],
                "parts": [
                    {"group": 1, "objects": [1, 2, 3], "files": ["a", "b"]},
                    {
                        "group": 2,
                        "objects": ["web-1", {"bk_cloud_id": 0, "ip": "10.0.0.1"}],
                        "files": ["c"],
                    },
                ],
            }
        ]
    }
    told = ran(capsys, 0, *words)
    assert told.startswith("1 batch, 8 files to send\n")
    assert told.endswith("    group 2: c from web-1, 0:10.0.0.1\n")
    split = document(capsys, 0, "--file-source", groups, "--max-objects", "1")
    assert len(narrow.items(split, "batches")) == 5


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("[{", ["syntax"]),
        ("{}", ["wrong-type"]),
        ('[{"hosts": 1}]', ["missing-key", "wrong-type"]),
        ('[{"hosts": [1], "files": ["a"], "more": 1}]', ["unknown-key"]),
    ],
)
def test_groups_that_are_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, rules: list[str]
) -> None:
    """What is no list of groups is told, all of it, at its place."""
    file = tmp_path / "groups.json"
    file.write_text(text, "utf-8")

    found = narrow.items(document(capsys, 1, "--file-source", str(file)), "findings")
    assert [narrow.text(each, "rule") for each in found] == rules
    assert {narrow.text(each, "file") for each in found} == {str(file)}
    assert ran(capsys, 1, "--file-source", str(file)).count("\nmend: ") == len(rules)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("1",),
        ("--hosts", "5"),
        ("1", "--hosts", "-5"),
        ("1", "--hosts", "5", "--max-files", "1"),
        ("1", "--hosts", "5", "--scatter-fixed", "3600001"),
        ("1", "--file-source", "GROUPS"),
        ("--hosts", "5", "--file-source", "GROUPS"),
        ("--scatter-min", "5", "--file-source", "GROUPS"),
        ("--file-source", "nowhere.json"),
    ],
)
def test_wrong_use(capsys: pytest.CaptureFixture[str], groups: str, words: tuple[str, ...]) -> None:
    """What does not belong together, or is not there, is a wrong use."""
    told = [groups if word == "GROUPS" else word for word in words]

    assert ran(capsys, 2, *told) == ""
