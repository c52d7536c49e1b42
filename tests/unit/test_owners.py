"""CODEOWNERS: what a line matches, what GitHub would skip, and which file counts."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import pytest

from runner import owners
from runner.canon import sha256
from runner.model import Blob, Oid, Severity
from runner.terms import Clause, ForgeEntry, Owned, Person, Team
from tests import repos, values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Checked, Policy

FOLDER = Path(__file__).parents[1] / "cases" / "owners"
FILE = ".github/CODEOWNERS"
ASKING = Clause(name="prod", paths=("specs/prod/**",), count=1, people=(), owners=True, line=7)


class Case(TypedDict):
    """Lines of a file, and who owns what by them."""

    why: str
    lines: list[str]
    owners: dict[str, list[str] | None]


class Refused(TypedDict):
    """One line, and what is said of it."""

    line: str
    told: str


def cases() -> list[Case]:
    """Return those of GitHub's own page, and more."""
    pages: list[list[Case]] = [
        json.loads((FOLDER / name).read_text("utf-8")) for name in ("page.json", "more.json")
    ]
    return [case for page in pages for case in page]


REFUSED: list[Refused] = json.loads((FOLDER / "refused.json").read_text("utf-8"))


def blob(lines: Iterable[str], path: str = FILE) -> Blob:
    """Return a file of some lines."""
    content = "\n".join(lines).encode()
    return Blob(path=path, oid=Oid("0" * 40), sha256=sha256(content), content=content)


def policy(*clauses: Clause) -> Policy:
    """Return a policy with a person, a team and a forge."""
    return values.policy("ann", clauses=clauses)


def made(lines: Iterable[str], *clauses: Clause) -> Checked[tuple[Owned, ...]]:
    """Return what a policy with these clauses has of a file with these lines."""
    return owners.listed(policy(*clauses), {FILE: blob(lines)})


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["why"])
def test_who_owns_what(case: Case) -> None:
    """Each path has the owners that GitHub gives it."""
    read = owners.read(blob(case["lines"]))

    assert read.value is not None
    assert read.findings == ()
    found = {path: owners.of(read.value, path) for path in case["owners"]}
    assert found == {
        path: None if listed is None else tuple(listed) for path, listed in case["owners"].items()
    }


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: repr(case["line"]))
def test_what_github_skips(case: Refused) -> None:
    """A line that would be skipped, or read otherwise than it seems, is a finding at its place."""
    read = owners.read(blob(["# first", case["line"]]))

    assert read.value == ()
    assert case["told"] in [each.message for each in read.findings]
    for each in read.findings:
        assert (each.rule, each.severity) == ("owner-line", Severity.ERROR)
        assert (each.place.file, each.place.span.line) == (FILE, 2)
        assert each.place.span.end_column == len(case["line"]) + 1
        assert each.mend


def test_a_line_that_is_wrong_takes_no_other_with_it() -> None:
    """All that is wrong is found at once, and the lines have their numbers."""
    read = owners.read(blob(["/a @one", "!/b two", "/c @three"]))

    assert read.value == (
        Owned(pattern="/a", owners=("@one",), line=1),
        Owned(pattern="/c", owners=("@three",), line=3),
    )
    assert [line.line for line in read.value] == [1, 3]
    assert [each.message.split(" !")[0] for each in read.findings] == [
        "cannot read the pattern",
        "cannot read the owner two: it is no account, team or address",
    ]


NAMES = ("a", "*", "a*", "**", "?b", "a**b", "*.js")


def patterns() -> list[str]:
    """Return patterns of up to three names, with and without slashes around them."""
    found = [*itertools.product(NAMES, repeat=1), *itertools.product(NAMES, repeat=2)]
    found += [("a", each, "b") for each in NAMES] + [("**", each, "*") for each in NAMES]
    return [
        f"{before}{'/'.join(names)}{after}"
        for names in found
        for before in ("", "/")
        for after in ("", "/")
    ]


def test_git_is_of_the_same_mind(tmp_path: Path) -> None:
    """What git ignores by a pattern, a line with that pattern owns.

    Git ignores whole folders for `docs/*`, and GitHub does not; so they are taken back for git.
    """
    paths = [
        "/".join(each)
        for n in (1, 2, 3)
        for each in itertools.product(("a", "ab", "b.js"), repeat=n)
    ]
    repos.make(tmp_path / "peer")
    tried = patterns()
    files = {
        f"{at}/.gitignore": f"{each}\n!{each}/\n" if each.endswith("/*") else f"{each}\n"
        for at, each in enumerate(tried)
    }
    repos.write(tmp_path / "peer", files)
    asked = "\0".join(f"{at}/{path}" for at in range(len(tried)) for path in paths)
    said = repos.run(
        tmp_path / "peer", "check-ignore", "--no-index", "--stdin", "-z", stdin=asked.encode()
    )
    ignored = set(said.split("\0"))

    for at, pattern in enumerate(tried):
        git = {path for path in paths if f"{at}/{path}" in ignored}
        line = (Owned(pattern=pattern, owners=("@one",)),)
        ours = {path for path in paths if owners.of(line, path) is not None}
        assert ours == git, pattern


def test_no_line_takes_long() -> None:
    """A pattern that would make a backtracking matcher try for years is decided at once."""
    read = owners.read(blob(["*a" * 40 + "b @one", "**/a/" * 30 + "b @one"]))
    began = time.process_time()

    assert read.value is not None
    assert owners.of(read.value, "a/" * 100 + "a" * 200) is None
    assert time.process_time() - began < 1


def test_many_lines_do_not_take_long() -> None:
    """Lines of other folders cost next to nothing, however many there are."""
    patterns = ["/specs/*", *(f"/specs/team{number}/**/x*/" for number in range(20_000))]
    lines = tuple(Owned(pattern=each, owners=(f"@{each}",)) for each in patterns)
    began = time.process_time()

    assert owners.of(lines, "specs/team") == ("@/specs/*",)
    assert owners.of(lines, "specs/team19/x/a") == ("@/specs/team19/**/x*/",)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"#" * 3_000_000, "too-large"), (b"* @one\xff", "not-utf8")],
)
def test_a_file_that_nobody_reads(content: bytes, rule: str) -> None:
    """A file that GitHub would not read is a finding."""
    file = Blob(path=FILE, oid=Oid("0" * 40), sha256=sha256(content), content=content)
    read = owners.read(file)

    assert read.value is None
    assert [each.rule for each in read.findings] == [rule]
    assert [each.place.span.line for each in read.findings] == [1]
    asked = owners.listed(policy(ASKING), {FILE: file})
    assert (asked.value, asked.findings) == (None, read.findings)
    unasked = owners.listed(policy(), {FILE: file})
    assert unasked.value == ()
    assert [each.severity for each in unasked.findings] == [Severity.WARNING]


def test_a_file_just_small_enough() -> None:
    """GitHub reads a file of one byte less."""
    content = b"* @one\n" + b"#" * (3_000_000 - 8)
    read = owners.read(Blob(path=FILE, oid=Oid("0" * 40), sha256=sha256(content), content=content))

    assert read.value == (Owned(pattern="*", owners=("@one",)),)


def test_a_line_that_is_wrong_stops_only_those_who_ask() -> None:
    """Where no clause asks owners, a wrong line is a warning and the others are read."""
    lines = ["!/b @one", "/c @ann"]

    unasked, asked = made(lines), made(lines, ASKING)

    assert unasked.value == (Owned(pattern="/c", owners=("@ann",)),)
    assert [each.severity for each in unasked.findings] == [Severity.WARNING]
    assert asked.value is None
    assert [each.severity for each in asked.findings if each.rule == "owner-line"] == [
        Severity.ERROR
    ]


@pytest.mark.parametrize(
    ("present", "counts"),
    [
        (["CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS"], ".github/CODEOWNERS"),
        (["docs/CODEOWNERS", "CODEOWNERS"], "CODEOWNERS"),
        (["docs/CODEOWNERS"], "docs/CODEOWNERS"),
    ],
)
def test_which_file_counts(present: list[str], counts: str) -> None:
    """The first of the three that there is counts, and the others are said to be read by nobody."""
    found = owners.listed(policy(), {path: blob([f"/{path} @one"], path) for path in present})

    assert found.value == (Owned(pattern=f"/{counts}", owners=("@one",)),)
    assert [each.place.file for each in found.findings] == [
        path for path in owners.PATHS if path in present and path != counts
    ]
    for each in found.findings:
        assert (each.rule, each.severity) == ("second-codeowners", Severity.WARNING)
        assert counts in each.message
        assert counts in each.mend


def test_owners_asked_where_there_are_none() -> None:
    """A clause that asks owners without a CODEOWNERS would ask nobody: an error at the clause."""
    found = owners.listed(policy(ASKING), {})

    assert found.value is None
    (only,) = found.findings
    assert (only.rule, only.severity) == ("no-codeowners", Severity.ERROR)
    assert (only.place.file, only.place.span.line) == ("jobgate.yaml", 7)
    assert "clause prod asks owners" in only.message
    assert owners.listed(policy(), {}).value == ()


def listing(forge: str = "") -> Policy:
    """Return a policy that lists somebody in every way in which CODEOWNERS may name them."""
    return replace(
        policy(ASKING),
        people=(Person(name="ann", emails=("Ann@example.org",), accounts=(("github", "Ann-1"),)),),
        teams=(Team(name="sre", accounts=(("github", "acme/SRE"), ("gitea", "acme/ops"))),),
        forge=ForgeEntry(name=forge, url="", repository="", token="") if forge else None,
    )


@pytest.mark.parametrize(
    ("forge", "strange"),
    [
        ("", ["@ann", "@acme/web", "ben@example.org"]),
        ("github", ["@acme/ops", "@ann", "@acme/web", "ben@example.org"]),
        ("gitea", ["@ann-1", "@acme/sre", "@ann", "@acme/web", "ben@example.org"]),
    ],
)
def test_owners_whom_nobody_lists(forge: str, strange: list[str]) -> None:
    """An owner who is nobody of the policy, on its forge, is a warning: nobody can consent."""
    file = blob(
        [
            "",
            "* @ann-1 ann@EXAMPLE.org @acme/sre @acme/ops",
            "/a @ann @acme/web ben@example.org",
        ]
    )

    found = owners.listed(listing(forge), {FILE: file})

    assert found.value is not None
    assert [each.message.split()[2] for each in found.findings] == strange
    for each in found.findings:
        assert (each.rule, each.severity) == ("unknown-owner", Severity.WARNING)
        assert each.place.span.line in {2, 3}
    unasking = replace(listing(forge), clauses=())
    assert owners.listed(unasking, {FILE: file}).findings == ()
