"""`clauseforms`: what each part of a clause is read as, and what cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import validate
from runner.model import Severity
from runner.terms import BreakGlass, Clause, Dated, Weekly, Windows
from tests import policies

if TYPE_CHECKING:
    from runner.model import Finding
    from runner.terms import ForgeEntry

WHOLE = """\
teams:
  sre: {members: [ann, ben]}
clauses:
  - name: everything
    when:
      paths: ["specs/prod/**"]
      platforms: [prod]
      scopes: [biz/2, biz_set/9]
      expression: size(job.hosts) > 20
    approvals: {count: 2, from: [sre, cam]}
    deny: Not before the audit is over
    max_hosts: 30
    require: {change: [reason, ticket], succeeded: [local]}
    windows:
      zone: Europe/Berlin
      open: ["Mon-Fri 09:00-17:00"]
      closed: [{from: "2026-12-24T18:00", to: "2027-01-02T08:00"}, "Fri 12:00-24:00"]
"""


def windowed(said: str) -> str:
    """Return a clause with windows."""
    return f'clauses: [{{name: w, when: {{paths: ["specs/**"]}}, windows: {{{said}}}}}]\n'


def asked(forge: ForgeEntry | None) -> tuple[str, str, str, str]:
    """Return which forge is asked, where, and with whose token."""
    assert forge is not None
    return forge.name, forge.url, forge.repository, forge.token


def expressed(text: str) -> str:
    """Return a clause with an expression."""
    return f"clauses: [{{name: e, when: {{expression: {text}}}}}]\n"


def test_everything_is_read() -> None:
    """Each key of a clause is kept, in the order in which it was written."""
    policy = policies.sound(WHOLE)

    assert policy.clauses == (
        Clause(
            name="everything",
            paths=("specs/prod/**",),
            count=2,
            people=("sre", "cam"),
            platforms=("prod",),
            scopes=("biz/2", "biz_set/9"),
            expression="size(job.hosts) > 20",
            deny="Not before the audit is over",
            max_hosts=30,
            fields=("reason", "ticket"),
            succeeded=("local",),
            windows=Windows(
                zone="Europe/Berlin",
                open=(Weekly(days=(0, 1, 2, 3, 4), begins=540, ends=1020),),
                closed=(
                    Dated(begins="2026-12-24T18:00", ends="2027-01-02T08:00"),
                    Weekly(days=(4,), begins=720, ends=1440),
                ),
            ),
        ),
    )
    assert policy.clauses[0].line == 13


def test_labels_are_sorted_and_owners_are_asked() -> None:
    """Labels are names with globs; who owns the files is asked where it is said."""
    found = policies.read(
        'clauses: [{name: l, when: {labels: {b: "x*", a: "**"}}, approvals: {owners: true}}]\n'
    ).value

    assert found is not None
    assert found.clauses == (
        Clause(
            name="l",
            paths=("**",),
            count=1,
            people=(),
            labels=(("a", "**"), ("b", "x*")),
            owners=True,
        ),
    )


@pytest.mark.parametrize(
    "said",
    [
        "deny: Never",
        "max_hosts: 3",
        "windows: {zone: UTC, open: [Mon]}",
        "require: {change: [reason]}",
        "approvals: {from: [ann]}",
        "approvals: {owners: true}",
    ],
)
def test_whatever_a_clause_says_one_approval_is_asked(said: str) -> None:
    """One that only denies, bounds or waits does not take the place of the default clause."""
    found = policies.read(f'clauses: [{{name: c, when: {{paths: ["specs/**"]}}, {said}}}]\n').value

    assert found is not None
    assert found.clauses[0].count == 1


def test_what_stands_beside_the_clauses() -> None:
    """Forge, break-glass and how long approvals last have defaults, and forms of their own."""
    bare = policies.sound("")
    full = policies.sound(
        "forge: {github: {repository: acme/ops, url: 'http://127.0.0.1:8080/api/v3', "
        "token: {env: TOKEN}}}\nbreak_glass: {from: [ann], follow_up: 36h}\napprovals_last: 14d\n"
    )
    short = policies.sound("forge: {github: {repository: acme/ops}}\nbreak_glass: {from: [ann]}\n")

    assert (bare.forge, bare.break_glass, bare.days, bare.teams) == (None, None, 30, ())
    assert asked(full.forge) == ("github", "http://127.0.0.1:8080/api/v3", "acme/ops", "TOKEN")
    assert (full.break_glass, full.days) == (BreakGlass(people=("ann",), hours=36), 14)
    assert asked(short.forge) == ("github", "https://api.github.com", "acme/ops", "GITHUB_TOKEN")
    assert short.break_glass == BreakGlass(people=("ann",), hours=72)
    days = policies.sound("break_glass: {from: [ann], follow_up: 2d}\n")
    assert days.break_glass == BreakGlass(people=("ann",), hours=48)


@pytest.mark.parametrize(
    ("said", "rule", "pointer", "message"),
    [
        (windowed("zone: UTC, open: [Mon, 'Tue 9']"), "window", "/open/1", "begins and ends"),
        (windowed("zone: UTC, closed: ['Mon 09:00-09:00']"), "window", "/closed/0", "begins"),
        (
            windowed("zone: UTC, open: [{from: '2026-02-30T00:00', to: '2026-03-01T00:00'}]"),
            "window",
            "/open/0",
            "begins",
        ),
        (windowed("zone: Europe/Berln, open: [Mon]"), "time-zone", "/zone", "Europe/Berln"),
        (windowed("zone: CEST, closed: [Mon]"), "time-zone", "/zone", "CEST"),
        (windowed("zone: UTC, open: [Mon], closed: [Sun-Tue]"), "never-open", "", "never open"),
    ],
)
def test_windows_that_are_none(said: str, rule: str, pointer: str, message: str) -> None:
    """What cannot be read, or never opens, is an error at its place, with a mend."""
    found = policies.only(said)

    assert (found.rule, found.severity) == (rule, Severity.ERROR)
    assert found.place.pointer == f"/clauses/0/windows{pointer}"
    assert message in found.message
    assert found.mend


def test_how_windows_are_mended() -> None:
    """A range says how it is written, windows that never open what to leave, at their key."""
    range_ = policies.only(windowed("zone: UTC, open: ['Mon 9']"))
    never = policies.only(windowed("zone: UTC, closed: [Mon-Sun]"))

    assert range_.message == "cannot read when that begins and ends"
    assert range_.mend == (
        "write days and hours as `Mon-Fri 09:00-17:00` or `Sat,Sun`, or two times of which the "
        "first is earlier"
    )
    assert never.message == (
        "these windows are never open: no job that the clause matches could ever start"
    )
    assert never.mend == "leave some hours open that `closed` does not close, or say `deny`"
    assert never.place.span.end_column - never.place.span.column == len("windows")


def test_a_zone_that_is_nearly_one() -> None:
    """The nearest name is offered, and an example where none is near."""
    assert policies.only(windowed("zone: Europe/Berln, open: [Mon]")).mend == (
        "did you mean Europe/Berlin?"
    )
    assert policies.only(windowed("zone: X_X_X_X_X, open: [Mon]")).mend == (
        "name one as `Europe/Berlin`, or `UTC`"
    )


def test_all_that_is_wrong_with_windows_comes_at_once() -> None:
    """A zone and two ranges are three findings."""
    found = policies.read(windowed("zone: X, open: ['Mon 9'], closed: ['Tue 9']"))

    assert found.value is None
    assert [each.rule for each in found.findings] == ["window", "window", "time-zone"]


def test_an_expression_that_is_none() -> None:
    """It is an error at the expression, with what is wrong with it."""
    found = policies.only(expressed("job.hosts > 5"))

    assert (found.rule, found.place.pointer) == ("expression", "/clauses/0/when/expression")
    assert found.message == (
        "cannot take the expression of clause e: `>` stands between a list of texts and a number"
    )
    assert found.mend == "compare a text with a text, a number with a number"


@pytest.mark.parametrize(
    "said",
    [
        "clauses: [{name: c, when: {}}]",
        "clauses: [{name: c, when: {paths: []}}]",
        "clauses: [{name: c, when: {labels: {}}}]",
        "clauses: [{name: c, when: {scopes: ['biz/02']}}]",
        "clauses: [{name: c, when: {scopes: ['2']}}]",
        "clauses: [{name: c, when: {paths: [a]}, approvals: {}}]",
        "clauses: [{name: c, when: {paths: [a]}, approvals: {count: 0}}]",
        "clauses: [{name: c, when: {paths: [a]}, deny: ' '}]",
        "clauses: [{name: c, when: {paths: [a]}, require: {}}]",
        "clauses: [{name: c, when: {paths: [a]}, require: {change: [mood]}}]",
        "clauses: [{name: c, when: {paths: [a]}, windows: {zone: UTC}}]",
        "clauses: [{name: c, when: {paths: [a]}, windows: {open: [Mon]}}]",
        "clauses: [{name: c, when: {paths: [a]}, windows: {zone: UTC, open: []}}]",
        "clauses: [{name: c, when: {paths: [a]}, windows: {zone: UTC, open: [7]}}]",
        "clauses: [{name: c, when: {paths: [a]}, windows: {zone: UTC, open: [{from: x}]}}]",
        "approvals_last: 31d",
        "approvals_last: 0d",
        "approvals_last: 14",
        "break_glass: {from: []}",
        "break_glass: {follow_up: 3d}",
        "break_glass: {from: [ann], follow_up: 3w}",
        "forge: {}",
        "forge: {gitea: {repository: a/b}}",
        "forge: {github: {}}",
        "forge: {github: {repository: ops}}",
        "forge: {github: {repository: a/b, url: 'http://github.example.org'}}",
        "forge: {github: {repository: a/b, url: 'http://127.0.0.1.example.org'}}",
        "forge: {github: {repository: a/b, url: 'https://u:p@github.example.org'}}",
        "forge: {github: {repository: a/b, token: ghp_x}}",
        "teams: {sre: {accounts: {github: sre}}}",
        "teams: {Sre: {members: [ann]}}",
    ],
)
def test_what_the_schema_refuses(said: str) -> None:
    """What is of the wrong shape is not read at all."""
    made = policies.document(f"{policies.HEAD}{policies.PEOPLE}{said}\n")
    found: tuple[Finding, ...] = validate.document(made, "policy.v1")

    assert found != ()
