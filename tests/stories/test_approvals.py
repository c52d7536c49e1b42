"""Approvals that end, are taken back, name a plan, or are signed with certificates."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from runner import approvals, canon, instants, narrow, wire
from runner.git.repository import Git
from runner.keys import SshKeys
from runner.model import Signed
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json
    from tests.site import Ended, Site

pytestmark = pytest.mark.stories

APPROVALS = "refs/heads/jobgate-approvals"
COUNT = "local/count"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site with a ledger of its own, and the job `count`."""
    return sites.adopted(tmp_path)


def signed(site: Site, *words: str, by: str = sites.REVIEWER) -> Ended:
    """Run `approve` with somebody's key."""
    return site.jobgate("approve", *words, "--yes", "--key", str(site.root / by))


def statements(ended: Ended) -> list[Json]:
    """Return what a command says that it signed, as JSON."""
    assert ended.code == 0, ended.err
    return narrow.items(ended.tree, "statements")


def digest(site: Site) -> str:
    """Return the digest of the plan's one change."""
    change = narrow.items(site.plan(), "changes")[0]
    return narrow.text(change, "digest")


# ---------------------------------------------------------------- an end


def test_what_is_signed_is_shown_first(site: Site) -> None:
    """The statement that is shown is the one that is kept, byte for byte."""
    ended = signed(site, "count", "--expires", "3", "--format", "json")
    statement = narrow.mapping(statements(ended)[0])
    shown = next(line for line in ended.err.splitlines() if line.startswith("to be signed: "))

    assert wire.loads(shown.removeprefix("to be signed: ")) == statement
    assert (statement["kind"], statement["v"], statement["digest"]) == ("approval", 2, digest(site))
    assert str(statement["at"]) < str(statement["until"])


def test_no_longer_than_the_policy_gives(site: Site) -> None:
    """More days than 30, or none, are refused, and nothing is kept."""
    for days in ("31", "0", "-1"):
        assert signed(site, "count", "--expires", days).code in {1, 2}
    assert "the policy in force gives 30" in signed(site, "count", "--expires", "31").err
    assert site.jobgate("apply").code == 4


def test_as_long_as_the_policy_gives(site: Site) -> None:
    """Two days are what it is when nobody says anything, and three are refused."""
    site.edit("jobgate.yaml", "clauses:", "approvals_last: 2d\nclauses:")
    site.commit("Let approvals last two days")
    assert site.approve("@policy").code == 0
    assert site.jobgate("apply").code == 4

    longer = signed(site, "count", "--expires", "3")
    assert (longer.code, "the policy in force gives 2" in longer.err) == (1, True)
    [statement] = statements(signed(site, "count", "--format", "json"))
    at, until = (instants.read(narrow.text(statement, each)) for each in ("at", "until"))
    assert at is not None
    assert until == at + timedelta(days=2)
    assert site.jobgate("apply").code == 0


# ---------------------------------------------------------------- a plan


def test_a_plan_is_approved_as_it_was_seen(site: Site) -> None:
    """All its changes are, or those named; not one of them when the plan is another by now."""
    seen = site.root / "plan.json"
    assert site.jobgate("plan", "--out", str(seen)).code == 0
    site.edit("specs/vars.yaml", "word: hello", "word: goodbye")
    site.commit("Say goodbye")
    other = signed(site, "--plan", str(seen))

    assert other.code == 6
    assert "the plan is sha256:" in other.err
    assert site.jobgate("apply").code == 4
    assert site.jobgate("plan", "--out", str(seen)).code == 0
    assert signed(site, "other", "--plan", str(seen)).code == 1
    assert signed(site, "--plan", str(seen)).code == 0
    assert site.jobgate("apply", "--plan", str(seen)).code == 0
    assert site.runs == ["ran goodbye"]
    empty = signed(site, "--plan", narrow.text(site.plan(), "digest"))
    assert (empty.code, "the plan changes nothing" in empty.err) == (1, True)


def test_a_shortened_digest_approves_nothing(site: Site) -> None:
    """Neither of a plan nor of a job; whole ones do."""
    plan = narrow.text(site.plan(), "digest")
    assert signed(site, "--plan", plan[:30]).code == 2
    assert signed(site, digest(site)[:30]).code == 1
    assert signed(site, digest(site), "--plan", plan).code == 0
    assert site.jobgate("apply").code == 0


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("count", "--revoke", "--retry"),
        ("count", "--revoke", "--follow-up", "0" * 64, "--note", "x"),
        ("count", "--follow-up", "0" * 64, "--note", "x"),
        ("--follow-up", "0" * 64),
        ("--break-glass", "--reason", "x"),
        ("count", "--break-glass"),
        ("count", "--break-glass", "--reason", "  "),
        ("count", "--reason", "x"),
        ("count", "--revoke", "--plan", "sha256:" + "0" * 64),
        ("count", "--retry", "--again"),
        ("count", "--revoke", "--expires", "3"),
    ],
)
def test_options_that_mean_nothing_together(site: Site, words: tuple[str, ...]) -> None:
    """They are a wrong use, and nothing is signed."""
    assert signed(site, *words).code == 2
    assert site.git("for-each-ref", APPROVALS) == ""


# ---------------------------------------------------------------- revoked


def test_a_revoked_approval_does_not_count(site: Site) -> None:
    """Nor does it any more once it was counted for the announcement; a new one does."""
    assert signed(site, "count").code == 0
    revoked = statements(signed(site, "count", "--revoke", "--format", "json"))
    assert [narrow.text(each, "kind") for each in revoked] == ["revocation"]
    assert narrow.text(revoked[0], "digest") == digest(site)
    waits = site.jobgate("apply")

    assert (waits.code, site.runs) == (4, [])
    assert signed(site, "count", "--revoke").code == 1
    # An instant is a second: what is signed within the same one is revoked with the others.
    subprocess.run(("sleep", "1.1"), check=True)
    assert signed(site, "count").code == 0
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]
    assert site.jobgate("verify").code == 0


def test_of_a_job_that_is_gone(site: Site) -> None:
    """A whole digest is revoked without a plan, also where the tree holds errors."""
    assert signed(site, "count").code == 0
    named = digest(site)
    site.write("specs/count.yaml", "kind: [")
    site.commit("Break it")

    assert site.jobgate("plan").code == 1
    assert signed(site, named[:40], "--revoke").code == 1
    assert signed(site, named, "--revoke", by=sites.AUTHOR).code == 1
    assert signed(site, named, "--revoke", by=sites.OTHER).code == 1
    assert signed(site, named, "--revoke").code == 0
    site.git("revert", "--no-edit", "HEAD")
    assert site.jobgate("apply").code == 4


def test_nobody_revokes_for_somebody_else(site: Site) -> None:
    """A revocation that its person did not sign is none."""
    assert signed(site, "count").code == 0
    revoked = statements(signed(site, "count", "--revoke", "--format", "json"))
    site.git("update-ref", APPROVALS, f"{APPROVALS}~1")
    site.git("update-ref", "-d", "refs/jobgate/seen/local/jobgate-approvals")
    forge(site, revoked[0], sites.OTHER)

    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


def forge(site: Site, statement: Json, by: str) -> None:
    """Keep a statement that somebody else has signed."""
    content = canon.encode(statement)
    signature = SshKeys().sign(content, str(site.root / by))
    with Git.open(site.repository) as git:
        kept = approvals.GitApprovals(git, None)
        kept.add(narrow.text(statement, "job"), Signed(statement=content, signature=signature))
