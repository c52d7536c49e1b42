"""`policylints`: who nobody can be, what nobody can satisfy, and what an author gets out of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import policylints
from runner.model import Severity
from runner.terms import Signer
from tests import policies

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEX0se+koq9Txln//DFJb56xIaWcYrzlQp9JyKq4olqG"


def clause(when: str, said: str = "approvals: {count: 2}") -> str:
    """Return a policy's clauses: a single one."""
    return f"clauses: [{{name: c, when: {{{when}}}, {said}}}]\n"


ALL = 'paths: ["specs/**"]'


@pytest.mark.parametrize(
    ("parts", "rule", "pointer", "message"),
    [
        (
            clause(ALL, "approvals: {from: [ann, eve]}"),
            "unknown-person",
            "/clauses/0/approvals/from/1",
            "clause c asks eve, whom `people` does not list",
        ),
        (
            "break_glass: {from: [ann, eve]}\n",
            "unknown-person",
            "/break_glass/from/1",
            "clause break_glass asks eve, whom `people` does not list",
        ),
        (
            "teams: {sre: {members: [ann, eve]}}\n",
            "unknown-person",
            "/teams/sre/members/1",
            "team sre has eve, whom `people` does not list",
        ),
        (
            "teams: {sre: {members: [ann]}, dba: {members: [sre]}}\n",
            "unknown-person",
            "/teams/dba/members/0",
            "team dba has sre, whom `people` does not list",
        ),
        ("teams: {sre: {}}\n", "empty-team", "/teams/sre", "nobody is in the team sre"),
        (
            "teams: {sre: {members: []}}\n",
            "empty-team",
            "/teams/sre",
            "nobody is in the team sre",
        ),
        (
            "teams: {ann: {members: [ben]}}\n",
            "shared-name",
            "/teams/ann",
            "ann is a person and a team: nobody can tell who is asked",
        ),
        (
            "teams: {sre: {accounts: {github: acme/sre}}}\n",
            "unknown-forge",
            "/teams/sre/accounts/github",
            "cannot ask github about sre: `forge` does not name it",
        ),
        (
            clause("platforms: [prod, lab]", "deny: No"),
            "unknown-platform",
            "/clauses/0/when/platforms/1",
            "clause c names lab: no platform of the policy is it",
        ),
        (
            clause(ALL, "require: {succeeded: [stage]}"),
            "unknown-platform",
            "/clauses/0/require/succeeded/0",
            "clause c names stage: no platform of the policy is it",
        ),
        (
            clause(ALL, "approvals: {count: 4}"),
            "unsatisfiable-clause",
            "/clauses/0/approvals/count",
            "clause c asks for 4 approvals of 3 people",
        ),
        (
            "teams: {sre: {members: [ann, ben]}}\n"
            + clause(ALL, "approvals: {count: 3, from: [sre, ann]}"),
            "unsatisfiable-clause",
            "/clauses/0/approvals/count",
            "clause c asks for 3 approvals of 2 people",
        ),
        (
            clause('paths: ["**"]', "deny: No"),
            "locked-policy",
            "/clauses/0/deny",
            "clause c denies every change of the policy, that of itself too",
        ),
        (
            clause('paths: ["specs/**", "*.yaml"]', "deny: No"),
            "locked-policy",
            "/clauses/0/deny",
            "clause c denies every change of the policy, that of itself too",
        ),
    ],
)
def test_what_can_only_be_a_mistake(parts: str, rule: str, pointer: str, message: str) -> None:
    """It is an error at the place that has to change."""
    found = policies.only(parts)

    assert (found.rule, found.severity) == (rule, Severity.ERROR)
    assert (found.place.pointer, found.message) == (pointer, message)
    assert found.mend


def key_of(parts: str, people: str = policies.PEOPLE) -> tuple[str, str]:
    """Return the text that the one finding about a policy points at, and its mend."""
    found = policies.only(parts, people)
    line = (policies.HEAD + people + parts).splitlines()[found.place.span.line - 1]
    return line[found.place.span.column - 1 : found.place.span.end_column - 1], found.mend


@pytest.mark.parametrize(
    ("parts", "text", "mend"),
    [
        (
            "teams: {sre: {members: [ben]}}\n" + clause(ALL, "approvals: {from: [ann, eve]}"),
            "eve",
            "add eve to `people`, or ask one of ann, ben, cam, sre",
        ),
        (
            "teams: {sre: {members: [ann, eve]}}\n",
            "eve",
            "add eve to `people`, or name one of ann, ben, cam",
        ),
        (
            "teams: {sre: {}}\n",
            "sre",
            "list its `members`, or say which team of the forge it is",
        ),
        ("teams: {ann: {members: [ben]}}\n", "ann", "give the team another name"),
        (
            "teams: {sre: {accounts: {github: acme/sre}}}\n",
            "github",
            "say under `forge` which repository on github it is about, or take the account out",
        ),
        (clause("platforms: [lab]", "deny: No"), "lab", "name one of local, prod"),
        (clause('paths: ["**"]', "deny: No"), "deny", "name the paths of specs alone: `specs/**`"),
        (clause(ALL, "approvals: {count: 4}"), "4", "lower the count or name more people"),
        (
            clause("labels: {tier: gold}"),
            "when",
            (
                "select by platform, scope or hosts as well in a clause of its own, or let only "
                "these paths go to the platform"
            ),
        ),
        (
            "secrets: {s: {env: S, platforms: [prod], paths: ['a/']}}\n",
            "'a/'",
            (
                "write it from the root, without `.` and `..`, each `**` alone between slashes: "
                "`specs/**/*.yaml`"
            ),
        ),
    ],
)
def test_what_is_pointed_at_and_how_it_is_mended(parts: str, text: str, mend: str) -> None:
    """A finding points at the word that has to change, and says what to do."""
    assert key_of(parts) == (text, mend)


def test_a_label_of_a_glob_that_is_none() -> None:
    """The globs of labels are looked at like those of paths, at the label."""
    found = policies.read(clause('labels: {tier: "a**"}'))

    assert [(each.rule, each.place.pointer) for each in found.findings] == [
        ("glob", "/clauses/0/when/labels/tier"),
        ("evadable-clause", "/clauses/0/when"),
    ]


def test_the_globs_of_a_secret() -> None:
    """They are looked at like those of a clause."""
    found = policies.only("secrets: {s: {env: S, platforms: [prod], paths: ['specs/**', 'a/']}}\n")

    assert (found.rule, found.place.pointer) == ("glob", "/secrets/s/paths/1")


@pytest.mark.parametrize(
    "parts",
    [
        "teams: {sre: {members: [ann, ben]}}\n"
        + clause(ALL, "approvals: {count: 3, from: [sre, cam]}"),
        "forge: {github: {repository: a/b}}\nteams: {sre: {accounts: {github: a/sre}}}\n"
        + clause(ALL, "approvals: {count: 3, from: [sre]}"),
        clause('paths: ["specs/**"]', "deny: No"),
        clause('paths: ["**"], platforms: [prod]', "deny: No"),
        clause('paths: ["**"], scopes: [biz/2]', "deny: No"),
        clause('paths: ["**"], expression: "true"', "deny: No"),
    ],
)
def test_what_is_no_mistake(parts: str) -> None:
    """What people and teams can satisfy, and what is denied to jobs alone, is right."""
    policies.sound(parts)


@pytest.mark.parametrize(
    ("when", "evading"),
    [
        ('paths: ["specs/lab/web/**"]', "a spec at another path, which may do the same on local"),
        ('paths: ["specs/lab/*.yaml"]', "a spec at another path, which may do the same on local"),
        ('paths: ["specs/*/web/**"]', "a spec at another path, which may do the same on local"),
        (
            'paths: ["specs/prod/a/**", "specs/lab/**"]',
            "a spec at another path, which may do the same on prod",
        ),
        (
            'paths: ["specs/prod/a/**"], platforms: [prod]',
            "a spec at another path, which may do the same on prod",
        ),
        ("labels: {tier: gold}", "a job without the label tier, whatever it does"),
        (
            "labels: {tier: gold}, platforms: [prod]",
            "a job without the label tier, whatever it does",
        ),
    ],
)
def test_a_clause_that_a_new_name_evades(when: str, evading: str) -> None:
    """Where another path or no label leads to the same platform, it is a warning."""
    found = policies.only(clause(when))

    assert (found.rule, found.severity) == ("evadable-clause", Severity.WARNING)
    assert found.place.pointer == "/clauses/0/when"
    assert found.message == f"clause c is not asked about {evading}"


@pytest.mark.parametrize(
    "when",
    [
        'paths: ["**"]',
        'paths: ["specs/**"]',
        'paths: ["specs/prod/**"]',
        'paths: ["specs/lab/**", "specs/prod/**"]',
        'paths: ["other/**"]',
        "platforms: [prod]",
        "scopes: [biz/2]",
        'expression: "size(job.hosts) > 2"',
        'paths: ["specs/lab/a/**"], platforms: [prod]',
    ],
)
def test_a_clause_that_no_name_evades(when: str) -> None:
    """What is about all that a platform runs, or about what a job does, is no warning."""
    policies.sound(clause(when))


@pytest.mark.parametrize(
    ("said", "warned"),
    [
        ("approvals: {count: 1}", False),
        ("approvals: {from: [cam, ben, ann]}", False),
        ("approvals: {from: [ann]}", True),
        ("approvals: {owners: true}", True),
        ("approvals: {count: 2}", True),
        ("deny: No", True),
        ("max_hosts: 1", True),
        ("require: {change: [reason]}", True),
        ("require: {succeeded: [local]}", True),
        ("windows: {zone: UTC, closed: [Sun]}", True),
    ],
)
def test_a_clause_that_asks_no_more_may_be_evaded(said: str, *, warned: bool) -> None:
    """Only what is stricter than the default clause is worth getting out of."""
    found = policies.read(clause('paths: ["specs/lab/web/**"]', said)).findings

    assert [each.rule for each in found] == ["evadable-clause"] * warned


def test_accounts_where_nobody_asks() -> None:
    """Beside a forge that is named, a person's account on another one is a warning."""
    people = policies.PEOPLE.replace("github: cam", "gitlab: cam")
    found = policies.only("forge: {github: {repository: a/b}}\n", people)

    assert (found.rule, found.severity) == ("unknown-forge", Severity.WARNING)
    assert found.place.pointer == "/people/cam/accounts/gitlab"
    assert found.message == "cannot ask gitlab about cam: `forge` does not name it"
    assert policies.read("", people).findings == ()


def test_who_can_consent_in_no_way() -> None:
    """A person with no key and no account is a warning, unless `allowed_signers` has a line."""
    people = policies.PEOPLE.replace("accounts: {github: ann}", f'keys: ["{KEY}"]')
    people = people.replace(", accounts: {github: ben}", "")
    made = policies.document(policies.HEAD + people)
    policy = policies.sound("", people)

    (found,) = policylints.voiceless(made, policy)
    assert (found.rule, found.severity) == ("voiceless-person", Severity.WARNING)
    assert found.place.pointer == "/people/ben"
    assert found.message == "ben has no key and no account, and can consent to nothing"
    assert found.mend == "give ben a key, an account or a line of allowed_signers"
    assert found.place.span.column == 3
    assert found.place.span.end_column == 6
    signed = replace(policy, signers=(Signer(principals=("ben",), key=KEY),))
    assert policylints.voiceless(made, signed) == []
