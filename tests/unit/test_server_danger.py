"""Danger rules: where they hit, what stops a script, and that no expression takes for ever."""

from __future__ import annotations

import pytest

from runner.server import danger
from runner.server.scripts import Action, Danger, Level

SHELL, PYTHON = 1, 4


def _rule(
    expression: str,
    *,
    level: Level = Level.FATAL,
    action: Action = Action.INTERCEPT,
    language: int = SHELL,
) -> Danger:
    return Danger(
        expression=expression,
        languages=frozenset({language}),
        action=action,
        level=level,
        description=f"{level.name} {action.name}",
    )


def test_a_hit_is_told_as_the_platform_tells_it() -> None:
    """Line, its text, what matched, level and description; no action."""
    script = "#!/bin/sh\necho é; rm -rf /  # all\r\necho done\n"

    assert danger.hits([_rule(r"rm\s+-rf\s+/(\s|$)")], SHELL, script) == [
        {
            "line": 2,
            "line_content": "echo é; rm -rf /  # all",
            "match_content": "rm -rf / ",
            "level": 3,
            "description": "FATAL INTERCEPT",
        }
    ]


def test_hits_come_in_the_order_of_the_lines_and_then_of_the_rules() -> None:
    """A rule hits a line once, however often it is in there."""
    rules = [_rule("b", level=Level.WARN), _rule("a", level=Level.ERROR)]
    found = danger.hits(rules, SHELL, "x\nab ab\n\nb")

    assert [(hit["line"], hit["match_content"], hit["level"]) for hit in found] == [
        (2, "b", 1),
        (2, "a", 2),
        (4, "b", 1),
    ]


@pytest.mark.parametrize(
    ("expression", "lines"),
    [
        ("^echo$", [1, 3]),
        (r"echo\s+rm", []),
        ("[^x]+", [1, 2, 3]),
        ("(?i)ECHO", [1, 3]),
        (r"\bm", [2]),
        ("", [1, 2, 3]),
        ("é", [2]),
        ("a\nb", []),
    ],
)
def test_an_expression_sees_one_line_at_a_time(expression: str, lines: list[int]) -> None:
    """`^` and `$` are the ends of a line, and nothing matches over one."""
    found = danger.hits([_rule(expression)], SHELL, "echo\nrm m é\necho\n")

    assert [hit["line"] for hit in found] == lines


def test_only_rules_of_the_language_count() -> None:
    """A rule for shell says nothing about Python."""
    assert danger.hits([_rule("rm")], PYTHON, "rm") == []
    assert danger.stopping([_rule("rm")], PYTHON, b"rm") is None


@pytest.mark.parametrize(
    ("rules", "stops"),
    [
        ([], None),
        ([("rm", Level.FATAL, Action.INTERCEPT)], "FATAL INTERCEPT"),
        ([("rm", Level.ERROR, Action.INTERCEPT)], None),
        ([("rm", Level.FATAL, Action.SCAN)], None),
        (
            [("echo", Level.WARN, Action.INTERCEPT), ("rm", Level.FATAL, Action.SCAN)],
            "FATAL SCAN",
        ),
        ([("gone", Level.WARN, Action.INTERCEPT), ("rm", Level.FATAL, Action.SCAN)], None),
    ],
)
def test_a_script_is_stopped(rules: list[tuple[str, Level, Action]], stops: str | None) -> None:
    """When one hit is fatal and one, perhaps another, intercepts; the fatal one is named."""
    made = [_rule(text, level=level, action=action) for text, level, action in rules]
    found = danger.stopping(made, SHELL, b"echo 1\nrm -rf x\n")

    assert (None if found is None else found[1].description) == stops
    assert found is None or found[0] == 2


def test_what_is_told_is_bounded() -> None:
    """A thousand hits of a rule, and four KiB of a line, never half of a character."""
    many = danger.hits([_rule("x")], SHELL, "x\n" * 3_000)
    wide = danger.hits([_rule("x.*")], SHELL, "x" + "é" * 5_000)

    assert [len(many), many[-1]["line"]] == [danger.MOST, danger.MOST]
    assert wide[0]["line_content"] == wide[0]["match_content"] == "x" + "é" * 2_047


@pytest.mark.parametrize(
    "expression", [r"(a+)+$", r"(a|aa)+$", r"(.*)*b", r"(a?){40}a{40}", r"(x+x+)+y"]
)
def test_no_expression_takes_for_ever(expression: str) -> None:
    """What makes a backtracking engine try for years is over at once."""
    assert danger.hits([_rule(expression)], SHELL, "a" * 39 + "!" + "a" * 20_000 + "!") is not None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (r"rm\s+-rf", None),
        ("(", "missing ): ("),
        ("a)|(b", "unexpected ): a)|(b"),
        (r"(?=a)", "invalid perl operator: (?="),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("é(", "missing ): é("),
        ("x{1000}y{1000}z{900}", "it is too large: 2904 steps, of at most 2000"),
        ("x{1001}", "invalid repetition size: {1001}"),
    ],
)
def test_an_expression_that_cannot_be_used(expression: str, reason: str | None) -> None:
    """It is told why, in the words of the engine."""
    assert danger.fault(expression) == reason
