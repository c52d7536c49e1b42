"""A hundred mistakes in one spec: all of them in one run, each at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.pipeline import wanted
from tests import fragments

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.model import Finding

_HEAD = ["apiVersion: jobgate/v1", "kind: ScriptJob", "metadata:", "  name: hundred"]
_REQUEST = ["request:", "  bk_scope_type: biz", '  bk_scope_id: "2"', "  account_alias: root"]


def spec(parts: Iterable[Sequence[str | tuple[str, str]]]) -> tuple[str, list[tuple[int, str]]]:
    """Return a text made of lines, and line and rule of each mistake that is marked in it."""
    lines = [line for part in parts for line in part]
    expected = [
        (number, line[1]) for number, line in enumerate(lines, 1) if isinstance(line, tuple)
    ]
    text = "\n".join(line if isinstance(line, str) else line[0] for line in lines)
    return text + "\n", expected


def found(text: str) -> tuple[Finding, ...]:
    """Return what is wrong with a tree that holds the spec `text`."""
    return wanted.wanted(fragments.Files({**fragments.FILES, fragments.SPEC: text})).findings


def places(findings: Iterable[Finding]) -> list[tuple[int, str]]:
    """Return line and rule of each finding, in the order of the text."""
    return sorted((each.place.span.line, each.rule) for each in findings)


def test_a_hundred_of_every_kind() -> None:
    """Mistakes of text, shape, template and rule do not hide one another."""
    text, expected = spec(
        [
            [*_HEAD, ("  run: 0", "out-of-range"), ("  rerun: never", "unknown-value")],
            [("  expires: tomorrow", "wrong-form"), ("  nmae: hundred", "unknown-key")],
            ["vars:"],
            [(f"  share{number}: 0.{number}", "float") for number in range(11)],
            ["  twice: 1", *[("  twice: 2", "duplicate-key")] * 10],
            [(f"  tagged{number}: !!str x", "tag") for number in range(6)],
            ["script:", "  file: scripts/restart.sh", "  args:"],
            [(f'    - "{{{{ vars.none{number} }}}}"', "undefined-name") for number in range(10)],
            [(f'    - "{{{{ {number} // 0 }}}}"', "template-error") for number in range(5)],
            _REQUEST,
            [(f"  timeuot{number}: 1", "unknown-key") for number in range(15)],
            [("  timeout: 0", "out-of-range"), ("  callback_url: ftp://x", "callback-url")],
            [("  windows_interpreter: perl", "windows-interpreter")],
            ["  execute_target:", "    host_list:", "      - {bk_host_id: 1}"],
            [("      - {bk_host_id: 1}", "repeated-target")] * 10,
            [
                (f"      - {{bk_cloud_id: 0, ip: 10.0.0.{number}}}", "wrong-form")
                for number in range(256, 276)
            ],
            ["  rolling_config:", ("    expression: 1,2", "rolling-expression")],
            [("    mode: 7", "unknown-value"), ("    tpye: 1", "unknown-key")],
            [("    file_source: x", "wrong-type"), ("    execution_mode: 9", "unknown-value")],
            [("  host_password_list: 5", "wrong-type")],
        ]
    )
    findings = found(text)

    assert places(findings) == expected
    assert len({(each.place.span, each.rule, each.message) for each in findings}) == 100


def test_a_hundred_of_one_kind() -> None:
    """As many mistakes of shape are all told, each where it is."""
    text, expected = spec(
        [
            [*_HEAD, "script: {file: scripts/restart.sh}", *_REQUEST],
            ["  execute_target: {host_list: [{bk_host_id: 1}]}"],
            [(f"  unknown{number}: 1", "unknown-key") for number in range(100)],
        ]
    )

    assert places(found(text)) == expected


def test_what_only_follows_is_not_told() -> None:
    """A mistake is told once: not again for its value, for what it is missing from, or below."""
    text, expected = spec(
        [
            [
                *_HEAD,
                "script:",
                ("  content: 5", "wrong-type"),
                ("  language: no", "unknown-value"),
            ],
            _REQUEST,
            ["  execute_target:", "    host_list:"],
            [("      - {bk_cloud_id: x, ip: 10.0.0.1}", "wrong-form")],
            [("  rolling_config: [1]", "wrong-type")],
        ]
    )

    assert places(found(text)) == expected
    text, expected = spec(
        [
            [*_HEAD, "vars:", "  a: &a {b: 1}", "  c:", ("    <<: *a", "merge-key")],
            ["script:", "  file: scripts/restart.sh", '  args: ["{{ vars.c.b }}"]', *_REQUEST],
            ["  execute_target: {host_list: [{bk_host_id: 1}]}"],
        ]
    )
    assert places(found(text)) == expected
