"""The rules as documentation: each has a page, and the page's examples are what it says."""

from __future__ import annotations

import ast
import re

import pytest

from runner import rulepages
from runner.cli import program
from runner.errors import UsageError
from runner.model import Severity
from runner.report import sarif
from tests import fragments, slugs

PAGES = rulepages.pages()
# What a few lines of text cannot show, and where it is proved instead.
UNSHOWN = {
    "axis-name": "the schema is asked first, and says wrong-key; test_matrix.py",
    "byte-order-mark": "nobody sees it, in this page either; test_yamltext.py",
    "cannot-carry": "of `import`, which reads requests; test_importing*.py",
    "hidden-character": "nobody sees it, in this page either; test_yamltext.py",
    "schema": "two validators would have to disagree; test_validate.py",
    "script-too-large": "16 MiB; test_validate.py",
    "submodule": "only a commit can hold one; test_gittrees.py",
    "symlink": "only a commit or a disk can hold one; test_gittrees.py",
    "too-large": "a megabyte; test_yamltext.py, test_jsontext.py",
    "too-many-batches": "needs 502 hosts; tests/cases/requests/rolling.json",
    "too-many-findings": "needs 100 others; test_yaml12.py",
    "too-many-values": "200,001 values; test_yaml12.py",
    "unrendered-template": "comes with what is wrong with the template; test_resolve.py",
}
every_page = pytest.mark.parametrize("slug", PAGES)
shown = pytest.mark.parametrize("slug", [slug for slug in PAGES if slug not in UNSHOWN])


def test_every_rule_has_a_page() -> None:
    """The pages are those of the rules that the source can emit, no more and no fewer."""
    assert set(slugs.used()) == set(PAGES)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Finding(rule='a-b')", ["a-b"]),
        ("Finding(rule='a-b' if x else 'c-d')", ["a-b", "c-d"]),
        ("Finding(rule=rules.get(kind, 'a-b'))", ["a-b"]),
        ("def say(rule, text): ...\nsay('a-b', 'c-d')", ["a-b"]),
        ("FaultError('a-b', 'c-d')", ["a-b"]),
        ("_RULES = Map({'x': 'a-b'})", ["a-b"]),
        ("for x, rule in ((1, 'a-b'), (2, 'c-d')): say(rule)", ["a-b", "c-d"]),
        ("def say(*, rule='a-b'): ...", ["a-b"]),
        ("def say(x, rule='a-b'): ...", ["a-b"]),
        ("word = 'a-b'", []),
    ],
)
def test_rules_are_found_in_the_source(source: str, found: list[str]) -> None:
    """However a module names a rule, the search for slugs sees it."""
    assert sorted(slugs.slugs(ast.parse(source))) == found


@every_page
def test_a_page_is_whole(slug: str) -> None:
    """A page has one sentence, why, mend, and something before and after."""
    page = PAGES[slug]

    assert re.fullmatch(r"[A-Z`].*[^.]\.", page.sentence)
    assert re.findall(r"^\*\*(\w+)\.\*\* ", page.text, re.MULTILINE) == ["Why", "Mend"]
    assert fragments.blocks(slug, "before")
    assert fragments.blocks(slug, "after")


@shown
def test_before_breaks_the_rule(slug: str) -> None:
    """What stands under *before* is found, by this rule alone; a warning is said to be one."""
    found = fragments.findings(fragments.blocks(slug, "before"))

    assert {each.rule for each in found} == {slug}
    if all(each.severity is Severity.WARNING for each in found):
        assert "warning" in PAGES[slug].text


@shown
def test_after_keeps_all_rules(slug: str) -> None:
    """What stands under *after* is right."""
    assert fragments.findings(fragments.blocks(slug, "after")) == ()


def test_nothing_is_left_out_for_no_reason() -> None:
    """What the page cannot show is only there to be read; all else can be judged."""
    for slug in PAGES:
        blocks = fragments.blocks(slug, "before") + fragments.blocks(slug, "after")
        assert all(block.runs for block in blocks) == (slug not in UNSHOWN), slug
    assert set(UNSHOWN) <= set(PAGES)


def test_the_command_prints_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    """`jobgate rule SLUG` prints the page, and without a slug a line a rule."""
    assert program.run(["rule", "strict-base64"]) == 0
    assert capsys.readouterr().out == PAGES["strict-base64"].text
    assert program.run(["rule"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ", 1)[0] for line in lines] == list(PAGES)


@pytest.mark.parametrize(
    ("slug", "hint"),
    [("strict-base46", "did you mean strict-base64?"), ("zzz", "`jobgate rule` lists them")],
)
def test_a_rule_that_is_none(slug: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown rule ends with 2, and with the nearest one where there is one."""
    assert program.run(["rule", slug]) == 2
    assert hint in capsys.readouterr().err


def test_a_page_that_is_none() -> None:
    """Asking for the page of no rule is an error that says where they are listed."""
    with pytest.raises(UsageError, match="cannot find the rule 'zzz'"):
        rulepages.page("zzz")


def test_sarif_carries_the_pages() -> None:
    """A viewer of SARIF shows the page of each rule that something broke."""
    found = fragments.findings(fragments.blocks("float", "before"))

    assert PAGES["float"].sentence in sarif.findings(found)
