"""`clauses`: globs, who is who, and what a schema cannot see in a policy."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import canon, clauses, conditions, parse, subjects
from runner.model import Blob, Finding, Oid, PlatformEntry, Policy, Severity
from runner.subjects import Subject
from runner.terms import Clause, Person
from runner.verdicts import Demand
from tests import values

if TYPE_CHECKING:
    from runner.model import Checked

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEX0se+koq9Txln//DFJb56xIaWcYrzlQp9JyKq4olqG"
OTHER = KEY.replace("IEX0", "ILLp")

POLICY = f"""\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local: {{type: embedded}}
  prod:
    type: bkjob
    url: https://bkapi.example.com
    stage: prod
    tenant: t1
    application: jobgate
    paths: ["specs/prod/**", "specs/all/*.yaml"]
people:
  ann:
    emails: [Ann@example.org, ann@example.com]
    keys: ["{KEY} ann@laptop"]
    accounts: {{gitlab: ann-l, github: Ann}}
  ben: {{}}
clauses:
  - name: prod
    when: {{paths: ["specs/prod/**"]}}
    approvals: {{count: 2, from: [ann, ben]}}
  - name: all
    when: {{paths: ["**"]}}
    approvals: {{count: 1}}
"""


def read(text: str) -> Checked[Policy]:
    """Return what is made of a policy's text."""
    content = text.encode()
    document = parse.policy_document(
        Blob(path="jobgate.yaml", oid=Oid("0" * 40), sha256=canon.sha256(content), content=content)
    )
    assert document.value is not None
    return clauses.policy(document.value)


def only(text: str) -> Finding:
    """Return the one error in a policy's text."""
    checked = read(text)
    assert checked.value is None
    (finding,) = errors(checked)
    return finding


def errors(checked: Checked[Policy]) -> list[Finding]:
    """Return what is wrong with a policy, but for warnings."""
    return [each for each in checked.findings if each.severity is Severity.ERROR]


def test_policy_says_what_is_written() -> None:
    """Platforms, people and clauses are read in their order, with their defaults."""
    checked = read(POLICY)

    assert [each.rule for each in checked.findings] == ["evadable-clause"]
    assert checked.value == Policy(
        platforms=(
            PlatformEntry(name="local", type="embedded", paths=("specs/**",)),
            PlatformEntry(
                name="prod",
                type="bkjob",
                url="https://bkapi.example.com",
                stage="prod",
                tenant="t1",
                application="jobgate",
                paths=("specs/prod/**", "specs/all/*.yaml"),
            ),
        ),
        people=(
            Person(
                name="ann",
                emails=("Ann@example.org", "ann@example.com"),
                keys=(KEY,),
                accounts=(("github", "Ann"), ("gitlab", "ann-l")),
            ),
            Person(name="ben"),
        ),
        clauses=(
            Clause(name="prod", paths=("specs/prod/**",), count=2, people=("ann", "ben")),
            Clause(name="all", paths=("**",), count=1, people=()),
        ),
    )


APP = "credentials: {bk_username: deploy, bk_app_secret: {env: BK_APP_SECRET}}"


@pytest.mark.parametrize(
    ("said", "route", "credentials"),
    [
        (
            f"application: ci, route: system, {APP}",
            "system",
            (("bk_app_secret", "env", "BK_APP_SECRET"), ("bk_username", "text", "deploy")),
        ),
        (
            "credentials: {access_token: {file: /run/token}}",
            "user",
            (("access_token", "file", "/run/token"),),
        ),
        ("url: 'https://x.example.org'", "user", ()),
    ],
)
def test_credentials(said: str, route: str, credentials: object) -> None:
    """A secret is found in a variable or a file; a name is what it says."""
    checked = read(f"platforms: {{far: {{type: bkjob, {said}}}}}\n")

    assert checked.value is not None
    (entry,) = checked.value.platforms
    assert (entry.route, entry.credentials) == (route, credentials)


def test_a_secret_of_no_application() -> None:
    """The secret of an application is of no use without its code."""
    finding = only(f"platforms: {{far: {{type: bkjob, {APP}}}}}\n")

    assert (finding.rule, finding.place.pointer) == ("missing-key", "/platforms/far")
    assert "bk_app_secret is the secret of one" in finding.message


def test_a_clause_may_bound_the_hosts() -> None:
    """The narrowest bound counts; of equal ones the first, and without any there is none."""
    bounds = ("", "    max_hosts: 30\n", "    max_hosts: 20\n", "    max_hosts: 20\n")
    said = "".join(f"  - name: c{at}\n{bound}" for at, bound in enumerate(bounds))
    checked = read(f"people: {{ann: {{}}}}\nclauses:\n{said}")

    assert checked.value is not None
    found = checked.value.clauses
    assert [each.max_hosts for each in found] == [None, 30, 20, 20]
    assert clauses.narrowest(found) == found[2]
    assert clauses.narrowest(found[:2]) == found[1]
    assert clauses.narrowest(found[:1]) is None
    assert clauses.narrowest(()) is None


def test_clause_without_words_asks_for_one_of_all() -> None:
    """A clause that says nothing is about everything and asks for one approval."""
    text = "platforms: {}\npeople: {ann: {}}\nclauses: [{name: bare}]\n"
    checked = read(text)

    assert checked.value is not None
    assert checked.value.clauses == (Clause(name="bare", paths=("**",), count=1, people=()),)


def test_every_clause_that_matches_one_of_the_paths_counts() -> None:
    """All matching clauses are returned, in their order; the default one only when none does."""
    value = read(POLICY).value
    assert value is not None
    prod, everything = value.clauses
    narrower = replace(value, clauses=(prod,))

    inside, outside = (Subject(path=f"specs/{path}.yaml", name="a") for path in ("prod/a", "a"))

    assert clauses.matching(value, [inside]) == (prod, everything)
    assert clauses.matching(value, [outside, inside]) == (prod, everything)
    assert clauses.matching(value, [outside]) == (everything,)
    assert clauses.matching(narrower, iter([outside, inside])) == (prod,)
    assert clauses.matching(narrower, [outside]) == (clauses.DEFAULT,)
    assert clauses.matching(narrower, []) == (clauses.DEFAULT,)
    assert (clauses.DEFAULT.count, clauses.DEFAULT.people) == (1, ())
    assert clauses.DEFAULT.name == "default"


SEEN = Subject(
    path="specs/prod/a.yaml",
    name="a",
    platform="prod",
    scope="biz/2",
    labels=(("team", "edge"), ("tier", "gold/one")),
    run=2,
    hosts=("0:10.0.0.1",),
)
ANY = Clause(name="any", paths=("**",), count=1, people=())


@pytest.mark.parametrize(
    ("clause", "holds"),
    [
        (ANY, True),
        (replace(ANY, paths=("lab/**", "specs/prod/*")), True),
        (replace(ANY, paths=("lab/**",)), False),
        (replace(ANY, platforms=("lab", "prod")), True),
        (replace(ANY, platforms=("lab", "pro")), False),
        (replace(ANY, scopes=("biz/3", "biz/2")), True),
        (replace(ANY, scopes=("biz_set/2",)), False),
        (replace(ANY, labels=(("team", "ed*"),)), True),
        (replace(ANY, labels=(("team", "edge"), ("tier", "**"))), True),
        (replace(ANY, labels=(("team", "edge"), ("tier", "*"))), False),
        (replace(ANY, labels=(("team", "edge"), ("gold", "**"))), False),
        (replace(ANY, expression="job.run == 2 && size(job.hosts) == 1"), True),
        (replace(ANY, expression="job.run == 3"), False),
        (replace(ANY, platforms=("prod",), expression="job.run == 3"), False),
        (replace(ANY, platforms=("lab",), expression="job.run == 2"), False),
        (replace(ANY, scopes=("biz/2",), labels=(("team", "web"),)), False),
    ],
)
def test_all_that_a_clause_names_must_hold(clause: Clause, *, holds: bool) -> None:
    """One of its paths, platforms and scopes, all of its labels, and its expression."""
    assert clauses.matches(clause, SEEN) is holds


def test_labels_that_were_not_kept_are_any() -> None:
    """Of a submission whose labels nobody knows every label holds, and all else as it is."""
    unknown = replace(SEEN, labels=None)

    assert clauses.matches(replace(ANY, labels=(("gold", "x"),)), unknown)
    assert clauses.matches(replace(ANY, expression="job.labels.gold == 'x'"), unknown)
    assert not clauses.matches(replace(ANY, labels=(("gold", "x"),), platforms=("lab",)), unknown)
    assert not clauses.matches(replace(ANY, expression="job.run == 3"), unknown)


def test_the_policy_is_selected_by_its_path_alone() -> None:
    """What only jobs have never matches the policy, and is never in the way of mending it."""
    assert clauses.matches(ANY, subjects.POLICY)
    assert clauses.matches(replace(ANY, paths=("jobgate.yaml",)), subjects.POLICY)
    assert not clauses.matches(replace(ANY, paths=("specs/**",)), subjects.POLICY)
    for clause in (
        replace(ANY, platforms=("",)),
        replace(ANY, scopes=("",)),
        replace(ANY, labels=(("team", "**"),)),
        replace(ANY, expression="true"),
        replace(ANY, expression="job.labels.gold == 'x'"),
    ):
        assert not clauses.matches(clause, subjects.POLICY)


def test_an_expression_that_fails_is_no_answer() -> None:
    """Whoever judges is told, and not that the clause does not match."""
    failing = replace(ANY, expression="job.labels.gold == 'x'")
    policy = replace(values.policy("ann"), clauses=(failing,))

    with pytest.raises(conditions.ConditionError, match="there is no 'gold'"):
        clauses.matching(policy, [SEEN])
    # What stands before it decides without it.
    assert not clauses.matches(replace(failing, platforms=("lab",)), SEEN)


def test_platforms_of_a_path() -> None:
    """A spec goes to every platform with a glob for its path."""
    value = read(POLICY).value
    assert value is not None
    names = {
        path: [entry.name for entry in clauses.platforms(value, path)]
        for path in ("specs/prod/a.yaml", "specs/all/a.yaml", "specs/a.yaml", "a.yaml")
    }

    assert list(names.values()) == [["local", "prod"], ["local", "prod"], ["local"], []]


def test_person_of_an_address() -> None:
    """An address belongs to whom the policy gives it, whatever its case."""
    value = read(POLICY).value
    assert value is not None

    assert clauses.person_of(value, "ann@EXAMPLE.org") == "ann"
    assert clauses.person_of(value, "Ann@example.com") == "ann"
    assert clauses.person_of(value, "eve@example.org") is None
    assert clauses.person_of(values.policy("ann", "ben"), "ben@example.org") == "ben"


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        f"  {KEY}   a comment",
        "ssh-rsa " + "A" * 372,
        "ecdsa-sha2-nistp256 " + "A" * 139 + "=",
        "sk-ssh-ed25519@openssh.com " + "A" * 92,
        "sk-ecdsa-sha2-nistp256@openssh.com " + "A" * 170 + "==",
    ],
)
def test_public_keys_are_kept_without_comment(key: str) -> None:
    """A key of any kind that SSH signs with is kept as its type and its Base64."""
    value = read(POLICY.replace(f"{KEY} ann@laptop", key)).value

    assert value is not None
    assert value.people[0].keys == (" ".join(key.split()[:2]),)


@pytest.mark.parametrize(
    "key",
    [
        "*",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        f"no-pty {KEY}",
        f"cert-authority {KEY}",
        KEY.replace("ssh-ed25519", "ssh-dss"),
        f"{KEY}===",
        KEY.replace("+", "*"),
    ],
)
def test_bad_public_key(key: str) -> None:
    """What is no public key, or carries options, is a finding at its place."""
    finding = only(POLICY.replace(f"{KEY} ann@laptop", key))

    assert (finding.rule, finding.place.pointer) == ("public-key", "/people/ann/keys/0")
    assert finding.place.span.line == 15
    assert finding.message == "cannot read the public key"
    assert finding.mend == "write it as `ssh-ed25519 AAAA…`, the way it stands in the .pub file"


@pytest.mark.parametrize(
    ("ben", "message"),
    [
        (
            "emails: [x@example.org, ANN@example.org]",
            "the address ann@example.org belongs to ann and ben",
        ),
        (f'keys: ["{OTHER}", "{KEY} b"]', f"the key {KEY[:60]} belongs to ann and ben"),
        ("accounts: {github: aNN}", "the github account ann belongs to ann and ben"),
    ],
)
def test_shared_identity(ben: str, message: str) -> None:
    """An address, a key or an account of two people is a finding at the second of them."""
    finding = only(POLICY.replace("ben: {}", f"ben: {{{ben}}}"))

    assert (finding.rule, finding.message) == ("shared-identity", message)
    assert (finding.place.pointer, finding.place.span.line) == ("/people/ben", 17)
    assert finding.mend == "give each person their own"


def test_what_is_not_shared() -> None:
    """One name on two forges is two accounts, and an address twice is still one person's."""
    text = POLICY.replace("ben: {}", "ben: {accounts: {gitea: Ann}}")
    text = text.replace("ann@example.com]", "ANN@example.org]")

    assert errors(read(text)) == []


def test_the_keys_of_runners() -> None:
    """They are read as those of people are; one may be a person's, and none need be named."""
    value = read(f'{POLICY}runners: ["{KEY} ci", "{OTHER}"]\n').value
    assert value is not None
    assert value.runners == (KEY, OTHER)
    bare = read(POLICY).value
    assert bare is not None
    assert bare.runners == ()


def test_a_bad_key_of_a_runner() -> None:
    """It is a finding at its place, beside those of people."""
    found = read(f'{POLICY.replace(KEY, "*")}runners: ["{OTHER}", "{KEY} x", "{KEY[:40]}"]\n')

    assert found.value is None
    assert [(each.rule, each.place.pointer) for each in errors(found)] == [
        ("public-key", "/people/ann/keys/0"),
        ("public-key", "/runners/2"),
    ]


def test_unknown_person() -> None:
    """A clause that asks somebody who is not listed is a finding at that name."""
    finding = only(POLICY.replace("from: [ann, ben]", "from: [ann, ben, eve]"))

    assert (finding.rule, finding.place.pointer) == (
        "unknown-person",
        "/clauses/0/approvals/from/2",
    )
    assert finding.message == "clause prod asks eve, whom `people` does not list"
    assert finding.mend == "add eve to `people`, or ask one of ann, ben"


@pytest.mark.parametrize(
    ("old", "new", "pointer", "message"),
    [
        ("count: 2", "count: 3", "/clauses/0", "prod asks for 3 approvals of 2 people"),
        ("count: 2, from: [ann, ben]", "count: 2, from: [ann, ann]", "/clauses/0", "2 .* of 1"),
        ("count: 1", "count: 3", "/clauses/1", "all asks for 3 approvals of 2 people"),
    ],
)
def test_unsatisfiable_clause(old: str, new: str, pointer: str, message: str) -> None:
    """A clause that asks for more people than there are is a finding at its count."""
    assert old in POLICY
    finding = only(POLICY.replace(old, new))

    assert (finding.rule, finding.place.pointer) == (
        "unsatisfiable-clause",
        f"{pointer}/approvals/count",
    )
    assert re.fullmatch(f"clause .*{message}( people)?", finding.message)
    assert finding.mend == "lower the count or name more people"


@pytest.mark.parametrize(
    ("old", "pointer"),
    [
        ("specs/all/*.yaml", "/platforms/prod/paths/1"),
        ('paths: ["**"]', "/clauses/1/when/paths/0"),
    ],
)
@pytest.mark.parametrize(
    "glob",
    [
        "specs/**.yaml",
        "prod**",
        "a/***",
        "**x/b",
        "/specs/**",
        "./specs/**",
        "a/../b",
        "specs/prod/",
    ],
)
def test_globs_that_match_less_than_they_say(old: str, pointer: str, glob: str) -> None:
    """A glob that can match nothing, or a `**` inside a name, is a finding at its place."""
    new = f'paths: ["{glob}"]' if "paths" in old else glob
    finding = only(POLICY.replace(old, new))

    assert (finding.rule, finding.place.pointer) == ("glob", pointer)
    assert finding.message == f"{glob} cannot match what it seems to"
    assert finding.mend.startswith("write it from the root")


def test_all_findings_come_at_once() -> None:
    """Everything that is wrong is found in one go."""
    text = POLICY.replace("ben: {}", f'ben: {{keys: ["x", "{KEY}"]}}')
    text = text.replace("count: 2, from: [ann, ben]", "count: 9, from: [eve]")
    text = text.replace("specs/all/*.yaml", "**.yaml")

    assert [finding.rule for finding in errors(read(text))] == [
        "public-key",
        "shared-identity",
        "glob",
        "unknown-person",
        "unsatisfiable-clause",
    ]


def test_text_of_policy_files() -> None:
    """The files of a policy are one text: each below its path, in the order of their paths."""
    contents = {"jobgate.yaml": b"kind: Policy\n", "CODEOWNERS": b"* @ann\n"}

    assert clauses.text(contents) == b"# CODEOWNERS\n* @ann\n# jobgate.yaml\nkind: Policy\n"
    assert clauses.text({}) == b""


def test_one_key_has_one_spelling() -> None:
    """A key whose Base64 has stray bits is refused: it would be two keys for one owner."""
    blob = base64.b64encode(bytes(40)).decode()
    for spelling, rules in ((blob, []), (f"{blob[:-3]}B==", ["public-key"])):
        text = POLICY.replace(KEY, f"ecdsa-sha2-nistp256 {spelling}", 1)
        assert [each.rule for each in errors(read(text))] == rules


@pytest.mark.parametrize(
    ("could", "words"),
    [(("ann", "ben"), "prod asks for 2 more of ann, ben"), ((), "prod asks for 2 more of nobody")],
)
def test_what_a_demand_asks_for(could: tuple[str, ...], words: str) -> None:
    """A demand is told with whoever could still meet it."""
    demand = Demand(clause="prod", count=2, given=(), missing=2, could=could)

    assert clauses.asks(demand) == words


def test_what_a_policy_defines() -> None:
    """A platform is itself whichever specs go to it, and another one wherever else it differs."""
    entry = PlatformEntry(name="far", type="bkjob", url="https://far", paths=("specs/a/**",))
    policy = Policy(platforms=(entry,), people=(), clauses=())

    assert clauses.defines(policy, entry)
    assert clauses.defines(policy, replace(entry, paths=("specs/**",)))
    assert not clauses.defines(policy, replace(entry, url="https://elsewhere"))
    assert not clauses.defines(policy, replace(entry, credentials=(("bk_token", "env", "T"),)))
