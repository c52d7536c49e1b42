"""`report.explanations`: what a person reads, and what machines do, of one verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema_rs

from runner import judge, narrow, published, wire
from runner.explanations import Explained
from runner.model import InForce, PlatformEntry, Symbol, Targets
from runner.report import explanations
from runner.terms import Clause, Dated, Owned, Weekly, Windows
from tests import consents as made
from tests import journals, values
from tests.consents import CHANGE, NOTHING, NOW, SINCE
from tests.values import Wish

if TYPE_CHECKING:
    from runner.evidence import Evidence
    from runner.model import Change, Json, Policy

IN_FORCE = InForce(digest=values.digest("policy"), head=values.commit("policy"), key=None, files=())
HEAD = values.HEAD[:12]
THERE = IN_FORCE.head[:12]
CLAUSES = (
    Clause(name="web", paths=("specs/**",), count=2, people=("sre", "cam"), line=12),
    Clause(
        name="strict",
        paths=("**",),
        count=0,
        people=(),
        owners=True,
        max_hosts=9,
        fields=("ticket",),
        line=30,
    ),
    Clause(name="staged", paths=("**",), count=0, people=(), succeeded=("lab",), line=41),
)
EVIDENCE = replace(
    NOTHING,
    approvals=(made.approval("ann"), replace(made.approval("ben"), digest=CHANGE.effect)),
    reviews=(made.review("dee"),),
    glass=(made.glass("cam"),),
)


def explained(
    change: Change = CHANGE,
    *,
    clauses: tuple[Clause, ...] = CLAUSES,
    evidence: Evidence = EVIDENCE,
    policy: Policy = made.POLICY,
) -> Explained:
    """Return one change, explained."""
    owned = (Owned(pattern="*", owners=("@eve",)),)
    rules = replace(policy, clauses=clauses, owned=owned)
    said = judge.explanation(change, ledger=values.LEDGER, policy=rules, evidence=evidence, at=NOW)
    return Explained(
        head=values.HEAD,
        ledger=values.LEDGER,
        policy=IN_FORCE,
        at="2026-01-15T12:00:00Z",
        changes=((change, said),),
    )


def checked(found: Explained) -> dict[str, Json]:
    """Return the document of an explanation, which is what its schema says."""
    tree = narrow.mapping(wire.loads(explanations.document(found)))
    jsonschema_rs.validator_for(published.schema("explanation.v1")).validate(tree)
    (change,) = narrow.items(tree, "changes")
    return narrow.mapping(change)


def test_text() -> None:
    """Clause by clause what it asks, then all that was given, and the verdict as the last line."""
    assert explanations.text(explained()) == (
        f"~ local/tidy at {HEAD}\n"
        f"    digest {CHANGE.digest}\n"
        f"    judged at 2026-01-15T12:00:00Z, by the policy of {THERE}\n"
        f"web (jobgate.yaml:12 of {THERE}) matches the job as it is\n"
        "    asks for 2 of the people: ann consented, 1 missing, ben, cam could\n"
        f"strict (jobgate.yaml:30 of {THERE}) matches the job as it is\n"
        "    asks for 0 of the people: ann consented\n"
        "    asks for 1 of the owners of specs/tidy.yaml (@eve): nobody consented, 1 missing, "
        "nobody whom the policy lists can\n"
        "    is content: at most 9 hosts\n"
        "    is content: `change` has ticket\n"
        f"staged (jobgate.yaml:41 of {THERE}) matches the job as it is\n"
        "    asks for 0 of the people: ann consented\n"
        "    says no: the same job has not succeeded on lab; let it run on lab first, and apply "
        "again when it has succeeded\n"
        "given:\n"
        "    signature by ann at 2026-01-14T12:00:00Z: counts\n"
        "    signature by ben at 2026-01-14T12:00:00Z: does not count: it is for another digest, "
        f"{CHANGE.effect}\n"
        "    review of github 12 by dee at 2026-01-14T12:00:00Z: does not count: dee opened the "
        "pull request\n"
        "    break-glass by cam at 2026-01-14T12:00:00Z, because the disk is full: does not count: "
        "the policy does not let cam do without approvals\n"
        "denied by staged: the same job has not succeeded on lab; let it run on lab first, and "
        "apply again when it has succeeded (besides, web asks for 1 more of ben, cam; strict asks "
        "for an owner of specs/tidy.yaml (@eve): nobody of those whom the policy lists)\n"
    )


def test_document() -> None:
    """The same, with every member whether or not it says something."""
    change = checked(explained())
    first = narrow.mapping(narrow.items(change, "clauses")[1])

    assert (change["after"], change["symbol"], change["held"]) == (CHANGE.after, "~", None)
    assert change["before"] == {"demands": [], "denials": []}
    assert [
        narrow.integer(each, "line", default=0) for each in narrow.items(change, "clauses")
    ] == [
        12,
        30,
        41,
    ]
    assert first["asks"] == {
        "change": ["ticket"],
        "count": 0,
        "deny": None,
        "from": [],
        "max_hosts": 9,
        "owners": True,
        "succeeded": [],
        "windows": None,
    }
    assert first["demands"] == [
        {
            "clause": "strict",
            "could": ["ben", "cam", "dee"],
            "count": 0,
            "given": ["ann"],
            "missing": 0,
        },
        {
            "clause": "strict",
            "could": [],
            "count": 1,
            "given": [],
            "missing": 1,
            "owners": ["@eve"],
            "path": "specs/tidy.yaml",
        },
    ]
    assert (first["denials"], first["matches"]) == ([], ["as it is"])
    assert narrow.items(change, "given")[2] == {
        "against": "dee opened the pull request",
        "at": "2026-01-14T12:00:00Z",
        "by": "dee",
        "counts": False,
        "how": "review",
        "reason": None,
        "where": "github 12",
    }
    assert narrow.text(change, "verdict", "state") == "denied"
    assert narrow.boolean(change, "verdict", "lifts", default=False)
    assert len(narrow.items(change, "verdict", "demands")) == 4


def test_the_default() -> None:
    """Where no clause matches that is said, and there is no line."""
    found = explained(clauses=(), evidence=NOTHING)
    (clause,) = narrow.items(checked(found), "clauses")

    assert (
        "default: no clause matches the job as it is\n"
        "    asks for 1 of the people: nobody consented, 1 missing, ann, ben, cam, dee could\n"
        "waiting: default asks for 1 more of ann, ben, cam, dee\n"
    ) in explanations.text(found)
    assert narrow.mapping(clause)["line"] is None
    assert narrow.mapping(clause)["name"] == "default"


def test_broken_glass() -> None:
    """The verdict says by whom, and why."""
    evidence = replace(NOTHING, glass=(made.glass("ann"),))
    found = explained(clauses=CLAUSES[:1], evidence=evidence)

    assert explanations.text(found).endswith(
        "\napproved by broken glass: ann says the disk is full\n"
    )
    assert narrow.mapping(checked(found), "verdict", "broken") == {
        "by": "ann",
        "reason": "the disk is full",
    }


def test_what_holds_under_every_policy() -> None:
    """It stands before the clauses."""
    job = replace(
        values.job(Wish()),
        expires="2025-01-31",
        platform=PlatformEntry(name="local", type="embedded", stage="other"),
        targets=Targets(hosts=()),
    )
    found = explained(replace(CHANGE, wanted=job), clauses=())
    change = checked(found)

    assert "whatever the policy is, says no: it expired on 2025-01-31; " in explanations.text(found)
    assert "whatever the policy is, @policy must be accepted first\n" in explanations.text(found)
    assert len(narrow.items(change, "before", "demands")) == 1
    assert len(narrow.items(change, "before", "denials")) == 1


def test_what_nobody_has_to_approve() -> None:
    """A removed job runs nothing, and that is its last line."""
    had = journals.submitted(journals.begun()[1], values.job(Wish())).jobs
    change = replace(CHANGE, symbol=Symbol.REMOVED, wanted=None, had=had[CHANGE.job])
    found = explained(change)

    assert explanations.text(found).endswith("\nremoved: nothing is run\n")
    assert checked(found)["held"] == "removed: nothing is run"


def test_all_of_it_is_made_harmless() -> None:
    """Names, reasons and addresses may come from anywhere."""
    wild = replace(made.glass("ann"), reason="::error::\x1b[31m")
    clause = replace(CLAUSES[0], name="web\nneat")
    text = explanations.text(
        explained(clauses=(clause,), evidence=replace(NOTHING, glass=(wild,), since=SINCE))
    )

    assert "\x1b" not in text
    assert "because \\u003a:error::\\u001b[31m: counts" in text
    assert "web\\nneat (jobgate.yaml:12" in text


def test_what_a_clause_is_content_with() -> None:
    """All that it would say no for, where it does not."""
    hours = Windows(zone="Europe/Berlin", open=(Weekly(days=tuple(range(7)), begins=0, ends=0),))
    clause = replace(CLAUSES[2], windows=hours)
    done = replace(NOTHING, succeeded=frozenset({"lab"}))
    found = explained(clauses=(clause,), evidence=done)
    (tree,) = narrow.items(checked(found), "clauses")

    assert (
        "    is content: it succeeded on lab\n"
        "    is content: its windows are open, by the clock of Europe/Berlin\n"
    ) in explanations.text(found)
    assert narrow.text(tree, "asks", "windows") == "Europe/Berlin"


def test_a_shut_window() -> None:
    """When it opens, and null where it does not."""
    for ends, opens in (("2027-01-01T00:00", "2027-01-01T00:00:00Z"), ("", None)):
        span = (Dated(begins="2020-01-01T00:00", ends=ends or "2020-01-02T00:00"),)
        windows = Windows(zone="UTC", closed=span) if ends else Windows(zone="UTC", open=span)
        found = explained(clauses=(replace(CLAUSES[0], windows=windows),))
        verdict = narrow.mapping(checked(found), "verdict")

        assert verdict["opens"] == opens
        assert verdict.get("lifts") == (True if opens else None)
