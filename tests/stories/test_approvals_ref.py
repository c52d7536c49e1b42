"""The ref of the approvals, set back or thinned out after the journal has named what was there."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import narrow, wire
from runner.cli import compose
from runner.errors import SupersededError
from runner.evidence import Grounds
from runner.model import Act, Commit, JobId, Result, Steering
from runner.pipeline import drafting, planning
from tests import site as sites
from tests.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json, Step
    from tests.site import Ended

pytestmark = pytest.mark.stories

REF = "refs/heads/jobgate-approvals"
SEEN = "refs/jobgate/seen"


@pytest.fixture(params=["local", "remote"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Site:
    """Return a site in which `count` was approved and has run, and its second run is not."""
    made = sites.adopted(tmp_path, remote=request.param == "remote")
    assert made.approve().code == 0
    assert made.jobgate("apply").code == 0
    made.edit("specs/count.yaml", "run: 1", "run: 2")
    made.commit("Run again")
    if request.param == "remote":
        made.git("push", "-q", "origin", "main")
    return made


def top(site: Site) -> str:
    """Return the repository that keeps the refs."""
    kept = site.root / "remote.git"
    return str(kept if kept.exists() else site.repository)


def tip(site: Site) -> str:
    """Return the tip of the approvals."""
    return site.git("-C", top(site), "rev-parse", REF)


def put(site: Site, commit: str) -> None:
    """Set the ref, whatever was there; empty takes it away."""
    words = (REF, commit) if commit else ("-d", REF)
    site.git("-C", top(site), "update-ref", *words)


def forgetful(site: Site, name: str = "fresh") -> Site:
    """Return the site as somebody has it who has seen no tip before: in a clone, if there can be.

    In a local ledger the marks of what was seen are taken away.
    """
    if top(site) != str(site.repository):
        return clone(site, name)
    for ref in site.git("for-each-ref", "--format=%(refname)", SEEN).splitlines():
        site.git("update-ref", "-d", ref)
    return site


def clone(site: Site, name: str, *words: str) -> Site:
    """Return a clone of the remote."""
    remote = f"file://{top(site)}"
    argv = ("git", "clone", "-q", *words, remote, str(site.root / name))
    subprocess.run(argv, check=True, env=site.environment())
    return Site(site.root, name)


def newest(site: Site) -> list[dict[str, Json]]:
    """Return the data of each entry of the newest record of the job."""
    record = narrow.mapping(wire.loads(site.jobgate("records", "count").out), "record")
    return [narrow.mapping(each, "data") for each in narrow.items(record, "entries")]


def refused(ended: Ended) -> None:
    """Hold that a command would not go by what is left of the approvals."""
    assert ended.code == 10, ended.err
    assert f"cannot trust {REF}: it was rolled back or removed" in ended.err
    assert f":{REF}`" in ended.err


def test_the_journal_names_the_tip(site: Site) -> None:
    """Announcement and start say by which approvals they were judged; the acceptance does, too."""
    was = tip(site)
    data = newest(site)
    assert [each.get("approvals_tip") for each in data] == [was, None, was, None, None]

    site.edit("jobgate.yaml", "clauses:", "clauses:  # one")
    site.commit("Say one")
    if site.git("remote"):
        site.git("push", "-q", "origin", "main")
    assert site.approve("@policy").code == 0
    assert site.jobgate("apply").code == 4
    record = wire.loads(site.jobgate("records", "@policy").out)
    entry = narrow.items(record, "record", "entries")[0]
    assert narrow.text(entry, "data", "approvals_tip") == tip(site)
    assert site.jobgate("verify").code == 0


@pytest.mark.parametrize("left", ["an older one", "another one", "nothing"])
def test_set_back(site: Site, left: str) -> None:
    """A tip that does not go on from the one in the journal is refused by whoever comes."""
    named = tip(site)
    assert site.approve().code == 0
    later = tip(site)
    empty = site.git("-C", top(site), "mktree", "--missing")
    other = site.git("-C", top(site), "commit-tree", "-m", "another", empty)
    assert site.jobgate("apply").code == 0
    site.edit("specs/count.yaml", "run: 2", "run: 3")
    site.commit("And again")
    if site.git("remote"):
        site.git("push", "-q", "origin", "main")
    put(site, {"an older one": named, "another one": other, "nothing": ""}[left])
    fresh = forgetful(site)

    for words in (("plan",), ("apply",), ("approve", "count", "--yes", "--revoke")):
        key = ("--key", str(site.root / sites.REVIEWER)) if words[0] == "approve" else ()
        refused(fresh.jobgate(*words, *key))
    assert site.runs == ["ran hello", "ran hello"]
    put(site, later)
    assert forgetful(site, "later").jobgate("apply").code == 4


def test_what_is_added_later_goes_on(site: Site) -> None:
    """More approvals, and a gap in which nobody judged, are no rollback."""
    for person in (sites.REVIEWER, sites.REVIEWER):
        assert site.approve(by=person).code == 0
    assert forgetful(site).jobgate("apply").code == 0
    assert site.runs == ["ran hello", "ran hello"]


def test_a_statement_that_was_taken_out(site: Site) -> None:
    """A commit on top that lacks what somebody revoked with is refused, too."""
    assert site.approve().code == 0
    before = tip(site)
    key = str(site.root / sites.REVIEWER)
    assert site.jobgate("approve", "count", "--revoke", "--yes", "--key", key).code == 0
    old = site.git("-C", top(site), "rev-parse", f"{before}^{{tree}}")
    words = ("commit-tree", "-p", tip(site), "-m", "approve", old)
    put(site, site.git("-C", top(site), *words))
    ended = forgetful(site).jobgate("apply")

    assert ended.code == 10, ended.err
    assert "took out or altered what was kept there" in ended.err
    assert site.runs == ["ran hello"]


def test_a_merge_that_drops_one_side(site: Site) -> None:
    """Ancestors alone prove nothing: a merge has to hold what both sides held."""
    assert site.approve().code == 0
    before = tip(site)
    key = str(site.root / sites.REVIEWER)
    assert site.jobgate("approve", "count", "--revoke", "--yes", "--key", key).code == 0
    old = site.git("-C", top(site), "rev-parse", f"{before}^{{tree}}")
    words = ("commit-tree", "-p", before, "-p", tip(site), "-m", "approve", old)
    put(site, site.git("-C", top(site), *words))
    ended = forgetful(site).jobgate("apply")

    assert ended.code == 10, ended.err
    assert site.runs == ["ran hello"]


@pytest.mark.parametrize("words", [("--depth=1",), ("--depth=1", "--no-single-branch"), ()])
def test_in_clones_of_any_depth(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A shallow clone tells a rollback as well, and takes what is sound."""
    site = sites.adopted(tmp_path, remote=True)
    assert site.approve().code == 0
    first = tip(site)
    assert site.jobgate("apply").code == 0
    assert clone(site, "sound", *words).jobgate("plan").code == 0
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run again")
    site.git("push", "-q", "origin", "main")
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 0
    site.edit("specs/count.yaml", "run: 2", "run: 3")
    site.commit("And again")
    site.git("push", "-q", "origin", "main")
    put(site, first)

    refused(clone(site, "late", *words).jobgate("plan"))


def test_a_verdict_from_before_a_newer_one(site: Site) -> None:
    """Nothing is announced by approvals that are older than those that somebody judged by."""
    first = Commit(tip(site))
    assert site.approve().code == 0
    second = Commit(tip(site))
    assert site.jobgate("apply").code == 0
    order = Steering(act=Act.RETRY, by="x", reason="why", status=4, batch=1, tries=1)
    stop = replace(order, act=Act.STOP)
    with sites._environment(site.environment()), compose.world(site.repository) as world:
        ledger = planning.ledger(world)
        had = ledger.jobs[JobId("local/count")]
        kept = world.approvals.of(had.job, first)
        assert (ledger.approvals, len(kept)) == (second, 1)

        def step(act: Steering, grounds: Grounds) -> Step | None:
            failed = replace(had, result=Result(outcome="failed", detail="it failed"))
            stands = replace(ledger, jobs={had.job: failed})
            draft = drafting.steering(had, act, grounds)
            return drafting.step(world, stands, [draft], had.head)

        for old in (Grounds(statements=kept, tip=first), Grounds(statements=kept)):
            with pytest.raises(SupersededError, match="judged by newer approvals meanwhile"):
                step(order, old)
        assert step(order, Grounds(statements=kept, tip=second)) is not None
        assert step(stop, Grounds()) is not None
