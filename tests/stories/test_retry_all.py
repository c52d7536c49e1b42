"""All hosts of a batch again, in the same submission: with consent to that one retry, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import narrow, wire
from runner.cli import compose
from runner.evidence import Grounds
from runner.model import Act, JobId, Steering
from runner.pipeline import drafting, planning
from tests import farsites, webserver
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json, Ledger, Step
    from tests.relay import Relay
    from tests.site import Ended, Site

pytestmark = pytest.mark.stories

HOSTS = "".join(f"  - {{bk_cloud_id: 0, ip: 127.0.0.{n}}}\n" for n in (1, 2, 3))
# Counts each of its runs by host; fails on the second one until that is mended.
SCRIPT = """\
echo "$JOBGATE_HOST" >> "$1"
[ "$JOBGATE_HOST" != 0:127.0.0.2 ] || [ -e "$1.mended" ]
"""
FIRST, SECOND, THIRD = (f"0:127.0.0.{n}" for n in (1, 2, 3))
BATCHES = ([FIRST, SECOND], [THIRD])
STEP = "operate_step_instance"
WHY = ("--reason", "the config was wrong, OPS-3")


def failed(site: Site) -> Site:
    """Run the job `count` on two hosts and then a third, up to where the second one fails."""
    site.write("specs/vars.yaml", f"word: hello\nhosts:\n{HOSTS}")
    site.write("scripts/count.sh", SCRIPT)
    sites.count(site)
    rolls = 'timeout: 60\n  rolling_config: {expression: "2", mode: pause_on_failure}'
    site.edit("specs/count.yaml", "timeout: 60", rolls)
    site.commit("Roll")
    assert site.approve().code == 0
    ended = site.jobgate("apply")
    assert (ended.code, sorted(site.runs)) == (7, BATCHES[0]), ended.err
    return site


@pytest.fixture
def far(tmp_path: Path, between: Relay, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site whose jobs go to the server."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    return failed(farsites.adopted(tmp_path / "site", between.url))


@pytest.fixture(params=["here", "far"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """Return a site whose job has failed, in process or on the server."""
    if request.param == "here":
        return failed(sites.adopted(tmp_path))
    made = request.getfixturevalue("far")
    assert isinstance(made, sites.Site)
    return made


def consent(site: Site, *words: str, by: str = sites.REVIEWER) -> Ended:
    """Consent to the next retry with somebody's key."""
    key = str(site.root / by)
    return site.jobgate("approve", "count", "--retry", "--yes", "--key", key, *words)


def orders(site: Site) -> list[dict[str, Json]]:
    """Return the data of each order of the newest record."""
    record = narrow.mapping(wire.loads(site.jobgate("records", "count").out), "record")
    found = (narrow.mapping(each, "data") for each in narrow.items(record, "entries"))
    return [each for each in found if "steering" in each]


def test_one_consent_is_one_retry(site: Site) -> None:
    """It is sent when enough have consented to it, runs all hosts of the batch, and is spent."""
    refused = site.jobgate("retry", "count", "--all", *WHY)
    assert (refused.code, sorted(site.runs)) == (1, BATCHES[0])
    assert "everything asks for 1 more of reviewer" in refused.err
    assert "/count --retry`" in refused.err
    assert orders(site) == []

    given = consent(site, "--format", "json")
    [statement] = narrow.items(given.tree, "statements")
    assert (narrow.at(statement, "batch"), narrow.at(statement, "tries")) == (1, 1)
    ordered = site.jobgate("retry", "count", "--all", *WHY)
    assert ordered.code == 0, ordered.err
    assert "all hosts of the batch are run again" in ordered.out
    again = site.jobgate("apply")
    assert (again.code, sorted(site.runs)) == (7, sorted(BATCHES[0] * 2)), again.err

    assert site.jobgate("retry", "count", "--all", *WHY).code == 1, "it is spent"
    site.counter.with_name("counter.mended").touch()
    assert consent(site).code == 0
    assert site.jobgate("retry", "count", "--all", *WHY).code == 0
    done = site.jobgate("apply")
    assert (done.code, sorted(site.runs)) == (0, sorted(BATCHES[0] * 3 + BATCHES[1])), done.err

    said = [narrow.mapping(each, "steering") for each in orders(site)]
    assert [(each["act"], each["tries"], each["reason"]) for each in said] == [
        ("retry-all", 1, WHY[1]),
        ("retry-all", 2, WHY[1]),
    ]
    assert [len(narrow.items(each, "approvals")) for each in orders(site)] == [1, 1]
    verified = site.jobgate("verify")
    assert (verified.code, "steering" in verified.out) == (0, True), verified.out


def test_consent_to_the_job_is_none_to_a_retry(site: Site) -> None:
    """Nor is consent to a retry any to the job, or to one of another try."""
    assert consent(site, by=sites.OTHER).code == 1
    made = consent(site, by=sites.AUTHOR)
    assert (made.code, "author made commits" in made.err) == (1, True)

    assert consent(site).code == 0
    assert site.jobgate("retry", "count", *WHY).code == 0
    assert site.jobgate("apply").code == 7
    moved = site.jobgate("retry", "count", "--all", *WHY)
    assert moved.code == 1
    assert sorted(site.runs) == sorted([FIRST, SECOND, SECOND])


def test_consent_to_a_retry_is_taken_back(tmp_path: Path) -> None:
    """What was revoked does not count, and what ends in time does."""
    site = failed(sites.adopted(tmp_path))
    assert consent(site, "--expires", "31").code == 1
    assert consent(site, "--expires", "1").code == 0
    key = str(site.root / sites.REVIEWER)
    revoked = site.jobgate("approve", "count", "--revoke", "--yes", "--key", key)
    assert revoked.code == 0, revoked.err
    for words in (("--all",), ("--failed",)):
        refused = site.jobgate("retry", "count", *words, *WHY)
        assert (refused.code, len(site.runs)) == (1, 2), refused.err
    assert site.jobgate("retry", "count", "--all", "--failed", *WHY).code == 2


def test_a_lost_answer_is_found_out_or_unknown(far: Site, between: Relay) -> None:
    """It is sent once; what never came is ordered again only when a person insists."""
    assert consent(far).code == 0
    between.faults[STEP] = ["before"]
    lost = far.jobgate("retry", "count", "--all", *WHY)
    assert (lost.code, between.calls.count(STEP)) == (8, 1), lost.err
    assert far.jobgate("retry", "count", "--all", *WHY).code == 8
    assert between.calls.count(STEP) == 1
    between.faults[STEP] = ["after"]
    insisted = far.jobgate("retry", "count", "--all", "--again", *WHY)

    assert insisted.code == 0, insisted.err
    assert between.calls.count(STEP) == 2
    assert far.jobgate("apply").code == 7
    assert sorted(far.runs) == sorted(BATCHES[0] * 2)
    assert far.jobgate("verify").code == 0


@pytest.mark.parametrize("tries", [1, 2])
def test_a_retry_without_consent_is_found_out(tmp_path: Path, tries: int) -> None:
    """`verify` finds an order in the journal that nobody consented to, at that very try."""
    site = failed(sites.adopted(tmp_path))
    assert consent(site).code == 0
    order = Steering(act=Act.RETRY_ALL, by="x", reason="why", status=4, batch=1, tries=tries)
    with sites._environment(site.environment()), compose.world(site.repository) as world:
        had = planning.ledger(world).jobs[JobId("local/count")]
        tip = world.approvals.tip(None)
        grounds = Grounds(statements=world.approvals.of(had.job, tip), tip=tip)

        def decide(ledger: Ledger | None) -> Step | None:
            assert ledger is not None
            return drafting.step(world, ledger, [drafting.steering(had, order, grounds)], had.head)

        world.journal.append(decide)
    verified = site.jobgate("verify")

    assert verified.code == int(tries == 2), verified.out
    assert ("FAILS  steering" in verified.out) == (tries == 2)
