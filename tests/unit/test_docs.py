"""The docs that can lie, held against the program: help, options, exit codes, words, links."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from runner import errors, history, version
from runner.cli import program
from runner.model import Kind

HERE = Path(__file__).parents[2]
DOCS = HERE / "docs"
# Codes that are an answer of a command, or of the program's end, rather than an error of ours.
ANSWERS = {0, 3, 4, 5, 7, 70, 130}
WORDS = (
    "Spec",
    "Job",
    "Request",
    "Effect",
    "Digest",
    "Finding",
    "Change",
    "Plan",
    "Approval",
    "Policy",
    "Verdict",
    "Submission",
    "Journal",
    "Ledger",
    "Record",
    "Platform",
    "Forge",
)
LINES = re.MULTILINE
BLOCKS = re.MULTILINE | re.DOTALL


def between(text: str, name: str) -> str:
    """Return the one fenced block between the markers `name` and `/name`."""
    found = re.findall(
        rf"^<!-- {name}(?: \S+)? -->\n```\w+\n(.*?)^```\n<!-- /{name} -->$", text, BLOCKS
    )
    assert len(found) == 1, name
    return str(found[0])


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row below its head, in order."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        for line in lines
        if not re.fullmatch(r"[|\s:-]+", line)
    ]
    return [row for row in cells if row]


def pages() -> list[Path]:
    """Return every Markdown file of the repository that people wrote."""
    made = {"build", "dist", "mutants", "node_modules"}
    found = [
        path
        for path in HERE.rglob("*.md")
        if not any(part.startswith(".") or part in made for part in path.relative_to(HERE).parts)
    ]
    assert len(found) > 15
    return sorted(found)


def prose(path: Path) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=BLOCKS)


def anchors(path: Path) -> set[str]:
    """Return what a link may name after `#` in a page: its headings, as forges spell them."""
    found = re.findall(r"^#+ (.+)$", prose(path), LINES)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in found}


def heads(page: str) -> list[str]:
    """Return the second-level headings of a page, in order."""
    return [str(head) for head in re.findall(r"^## (.+)$", page, LINES)]


def command(name: str) -> click.Command:
    """Return the live command of that name."""
    found = program.group.get_command(click.Context(program.group), name)
    assert found is not None
    return found


def section(page: str, head: str) -> str:
    """Return what stands under a second-level heading."""
    found = re.search(rf"^## {re.escape(head)}\n(.*?)(?=^## |\Z)", page, BLOCKS)
    assert found is not None, head
    return found[1]


def test_the_readme_shows_the_live_help() -> None:
    """What stands between the README's markers is what `jobgate --help` prints."""
    live = CliRunner(env={"COLUMNS": "80"}).invoke(program.group, ["--help"], prog_name="jobgate")

    assert between((HERE / "README.md").read_text("utf-8"), "help") == live.output


def test_the_readme_shows_a_spec_that_is_there() -> None:
    """The spec in the README is the file that it names, to the letter."""
    text = (HERE / "README.md").read_text("utf-8")
    named = re.search(r"^<!-- spec (\S+) -->$", text, LINES)
    assert named is not None

    assert between(text, "spec") == (HERE / named[1]).read_text("utf-8")


def test_the_readme_has_one_line_to_try_it_and_one_to_test_it() -> None:
    """Both commands are one line; they call a command and install extras that exist."""
    text = (HERE / "README.md").read_text("utf-8")
    demo, tests = between(text, "demo"), between(text, "tests")
    with (HERE / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]

    assert [demo.count("\n"), tests.count("\n")] == [1, 1]
    assert demo.split("&&")[-1].split() == [".venv/bin/jobgate", "demo"]
    assert "demo" in program.COMMANDS
    assert "jobgate" in project["scripts"]
    extras = re.findall(r"\[(\w+)\]", tests)
    assert extras
    assert set(extras) <= set(project["optional-dependencies"])
    assert " -m pytest" in tests


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(HERE)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    """A link names a file or folder of the repository, and a heading that is there."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        aim = (path.parent / name).resolve() if name else path
        if not aim.exists() or (anchor and anchor not in anchors(aim)):
            broken.append(target)

    assert broken == []


def test_the_exit_codes_are_those_of_the_program() -> None:
    """The table has every code that an error or an answer ends with, and no other."""
    kinds = [errors.RunnerError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    codes = ANSWERS | {kind.exit_code for kind in kinds}
    table = rows((DOCS / "reference/exit-codes.md").read_text("utf-8"))

    assert [row[0] for row in table[1:]] == [str(code) for code in sorted(codes)]


def test_the_gravest_codes_stand_in_their_order() -> None:
    """The page says in which order codes win over one another, as `gravest` has it."""
    text = (DOCS / "reference/exit-codes.md").read_text("utf-8")
    said = re.search(r"the gravest: ([\d, ]+), in this order", text)
    assert said is not None
    order = [int(code) for code in said[1].split(",")]

    assert [errors.gravest(order[start:]) for start in range(len(order))] == order
    assert set(order) == ANSWERS - {0, 70, 130} | {1, 6, 8, 9, 10}


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_has_every_word(word: str) -> None:
    """Each of the project's words has a row that says what it is."""
    table = rows((DOCS / "glossary.md").read_text("utf-8"))

    assert [row[0] for row in table].count(f"**{word}**") == 1


def test_the_reference_has_a_section_for_each_command_and_no_other() -> None:
    """Commands stand there in the program's own order, and after them the environment."""
    found = heads((DOCS / "reference/commands.md").read_text("utf-8"))

    assert found == [*program.COMMANDS, "Environment"]


@pytest.mark.parametrize("name", program.COMMANDS)
def test_a_commands_section_is_its_help(name: str) -> None:
    """The usage line, every option and every choice are those of the live command."""
    text = section((DOCS / "reference/commands.md").read_text("utf-8"), name)
    live = command(name)
    parts = live.commands if isinstance(live, click.Group) else {}

    assert re.findall(r"^### (.+)$", text, LINES) == [f"{name} {part}" for part in parts]
    _hold(re.split(r"^### ", text, flags=LINES)[0], name, live)
    for part, each in parts.items():
        _hold(text.split(f"### {name} {part}\n")[1].split("\n### ")[0], f"{name} {part}", each)


def _hold(text: str, name: str, live: click.Command) -> None:
    """Hold what stands in a section against one command."""
    usage = ["jobgate", name, *live.collect_usage_pieces(click.Context(live))]
    options = {
        ", ".join(param.opts): param for param in live.params if isinstance(param, click.Option)
    }
    documented = {row[0].strip("`").replace("\\|", "|") for row in rows(text)[1:]}

    assert " ".join(usage) in text.splitlines()
    assert {re.sub(r" [A-Z\[].*", "", each) for each in documented} == set(options)
    for opts, param in options.items():
        if isinstance(param.type, click.Choice):
            assert f"{opts} [{'|'.join(param.type.choices)}]" in documented


def test_the_variables_are_those_that_the_program_reads() -> None:
    """The environment's table has each variable of ours that the code names, and the platform's."""
    text = section((DOCS / "reference/commands.md").read_text("utf-8"), "Environment")
    source = "".join(path.read_text("utf-8") for path in (HERE / "runner").rglob("*.py"))
    read = set(re.findall(r"\b(?:JOBGATE_[A-Z]+|XDG_[A-Z]+_HOME)\b", source))

    assert set(re.findall(r"`([A-Z_]+)`", text)) == read


def test_the_kinds_of_entries_are_those_of_the_journal() -> None:
    """The table of kinds says which entry may follow which, as `history` has it."""
    text = (DOCS / "reference/records.md").read_text("utf-8")
    table = re.search(r"<!-- kinds -->\n(.*?)<!-- /kinds -->", text, BLOCKS)
    assert table is not None
    said = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[2])) for row in rows(table[1])[1:]}

    assert set(said) == {kind.value for kind in Kind}
    for kind, after in history._AFTER.items():
        assert said[kind.value] == {each.value for each in after}, kind


def test_every_decision_is_in_the_index() -> None:
    """The index links each page of a decision once, under the number that it bears."""
    index = (DOCS / "decisions/README.md").read_text("utf-8")
    found = sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))
    listed = [(int(row[0]), row[1]) for row in rows(index)[1:]]

    assert [link.split("](")[1].rstrip(")") for _, link in listed] == found
    for number, link in listed:
        page = (DOCS / "decisions" / link.split("](")[1].rstrip(")")).read_text("utf-8")
        assert page.startswith(f"# {number}. "), link
        assert heads(page) == [
            "Context",
            "Options",
            "Decision",
            "Consequences",
        ]


def test_the_changelog_knows_this_version() -> None:
    """The version is in the changelog, or what is to become it."""
    found = heads((HERE / "CHANGELOG.md").read_text("utf-8"))

    assert {version.VERSION, "Unreleased"} & {head.split()[0] for head in found}
