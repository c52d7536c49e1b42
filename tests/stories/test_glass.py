"""Breaking the glass: one submission without approvals, by whom the policy names; followed up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from runner import narrow, wire
from runner.cli import compose
from runner.pipeline import followups
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json
    from tests.site import Ended, Site

pytestmark = pytest.mark.stories

GLASS = "break_glass: {from: [author], follow_up: 24h}"
REASON = "The site is down, INC-7"
BROKEN = ("--break-glass", "--reason", REASON)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site whose policy lets the author break the glass, and that has the job `count`."""
    made = sites.make(tmp_path)
    made.edit("jobgate.yaml", "clauses:", f"{GLASS}\nclauses:")
    made.commit("Let the author break the glass")
    assert made.jobgate("adopt").code == 0
    sites.count(made)
    made.commit("Count")
    return made


def signed(site: Site, *words: str, by: str = sites.AUTHOR) -> Ended:
    """Run `approve` with somebody's key."""
    return site.jobgate("approve", *words, "--yes", "--key", str(site.root / by))


def entries(site: Site) -> list[dict[str, Json]]:
    """Return the entries of the newest record of the job."""
    record = narrow.mapping(wire.loads(site.jobgate("records", "count").out), "record")
    return [narrow.mapping(each) for each in narrow.items(record, "entries")]


def key(site: Site) -> str:
    """Return the key of the newest submission of the job."""
    return str(entries(site)[0]["key"])


def left(site: Site) -> list[Json]:
    """Return what is to be followed up, and is not overdue."""
    ended = site.jobgate("records", "--open", "--format", "json")
    assert ended.code == 0, ended.out
    return narrow.items(ended.tree, "follow_ups")


def test_one_submission_goes_without_approvals(site: Site) -> None:
    """It runs, the journal says who did it and why, and the next one needs consent again."""
    assert site.jobgate("apply").code == 4
    broken = signed(site, "count", *BROKEN)
    assert broken.code == 0, broken.err
    assert broken.out.startswith("author broke the glass for local/count sha256:")
    ended = site.jobgate("apply")
    assert (ended.code, site.runs) == (0, ["ran hello"]), ended.err

    told = [narrow.mapping(each, "data", "broken") for each in entries(site)]
    assert [(each.get("by"), each.get("reason")) for each in told] == [
        ("author", REASON),
        (None, None),
        ("author", REASON),
        (None, None),
        (None, None),
    ]
    verified = site.jobgate("verify")
    assert verified.code == 0, verified.out
    assert f"the glass was broken by author: {REASON}" in verified.out
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run again")
    assert (site.jobgate("apply").code, site.runs) == (4, ["ran hello"])


def test_whom_the_policy_does_not_name(site: Site) -> None:
    """They may not, nobody may for the policy, and a shortened digest is no job."""
    refused = signed(site, "count", *BROKEN, by=sites.REVIEWER)
    assert (refused.code, "does not let reviewer do that" in refused.err) == (1, True)
    assert signed(site, "sha256:00", *BROKEN).code == 1
    site.edit("jobgate.yaml", "count: 1", "count: 2")
    site.commit("Ask for two")
    policy = signed(site, "@policy", *BROKEN)

    assert (policy.code, "it says who may" in policy.err) == (1, True)
    assert (site.jobgate("apply").code, site.runs) == (4, [])


def test_a_policy_that_lets_nobody(tmp_path: Path) -> None:
    """Without `break_glass` there is no glass to be broken."""
    site = sites.adopted(tmp_path)

    assert signed(site, "count", *BROKEN).code == 1
    assert site.jobgate("apply").code == 4


def test_it_is_taken_back(site: Site) -> None:
    """Until it was used, like every other consent."""
    assert signed(site, "count", *BROKEN).code == 0
    assert signed(site, "count", "--revoke").code == 0

    assert (site.jobgate("apply").code, site.runs) == (4, [])
    assert left(site) == []


def test_somebody_else_looks_at_it(site: Site) -> None:
    """It is open until they have signed that they did, and stays closed when they leave."""
    assert signed(site, "count", *BROKEN).code == 0
    assert left(site) == []
    assert site.jobgate("apply").code == 0
    [open_one] = left(site)
    assert narrow.mapping(open_one) | {"at": "", "due": ""} == {
        "at": "",
        "by": "author",
        "due": "",
        "job": "local/count",
        "key": key(site),
        "overdue": False,
        "reason": REASON,
    }
    text = site.jobgate("records", "--open").out
    assert f"local/count: author broke the glass: {REASON}; due by " in text

    followed = ("--follow-up", key(site)[:12], "--note", "all is well")
    mine = signed(site, *followed)
    assert (mine.code, "author broke the glass for it" in mine.err) == (1, True)
    assert signed(site, *followed, by=sites.OTHER).code == 1
    assert len(left(site)) == 1
    assert signed(site, *followed, by=sites.REVIEWER).code == 0
    assert left(site) == []
    without(site, sites.REVIEWER)
    assert left(site) == []


def without(site: Site, person: str) -> None:
    """Have a policy accepted that lists another one in the place of a person."""
    policy = (site.repository / "jobgate.yaml").read_text()
    line = next(each for each in policy.splitlines() if each.startswith(f"  {person}:"))
    public = (site.root / f"{sites.OTHER}.pub").read_text().strip()
    site.edit("jobgate.yaml", line, f'  other: {{emails: [other@example.org], keys: ["{public}"]}}')
    accepted(site, f"from: [author, {person}]", "from: [author, other]")


def test_only_what_the_glass_was_broken_for(site: Site) -> None:
    """What was approved needs no follow-up, and cannot have one."""
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 0
    assert left(site) == []
    refused = signed(site, "--follow-up", key(site), "--note", "x", by=sites.REVIEWER)

    assert (refused.code, "nobody broke the glass for it" in refused.err) == (1, True)
    assert signed(site, "--follow-up", "0" * 64, "--note", "x", by=sites.REVIEWER).code == 1
    assert site.jobgate("records", "--open", "count").code == 2


@dataclass(frozen=True, slots=True)
class _Clock:
    """Another instant."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        raise NotImplementedError(seconds)


@pytest.mark.parametrize(("hours", "overdue"), [(23, False), (25, True)])
def test_a_follow_up_is_due(site: Site, hours: int, overdue: object) -> None:
    """Within as many hours as the policy says after the glass was broken."""
    assert signed(site, "count", *BROKEN).code == 0
    assert site.jobgate("apply").code == 0
    later = _Clock(compose.SystemClock().now() + timedelta(hours=hours))
    with sites._environment(site.environment()), compose.world(site.repository) as world:
        [found] = followups.outstanding(replace(world, clock=later))

    assert (found.by, found.reason, found.overdue) == ("author", REASON, overdue)


SHUT = 'windows: {zone: UTC, closed: [{from: "2020-01-01T00:00", to: "2090-01-01T00:00"}]}'


DENY = """clauses:
  - name: quarter
    when: {paths: ["specs/**"]}
    deny: not in this quarter"""


def accepted(site: Site, old: str, new: str) -> None:
    """Have a policy accepted in which one passage is another."""
    site.edit("jobgate.yaml", old, new)
    site.commit("Another policy")
    assert site.approve("@policy").code == 0
    site.jobgate("apply")
    assert "@policy" not in site.symbols()


def test_while_a_window_is_shut(site: Site) -> None:
    """A change is approved all the same, and waits; whoever breaks the glass does not."""
    accepted(site, "    approvals:", f"    {SHUT}\n    approvals:")
    assert site.approve().code == 0
    assert (site.jobgate("apply").code, site.runs) == (5, [])
    assert signed(site, "count", *BROKEN).code == 0
    assert (site.jobgate("apply").code, site.runs) == (0, ["ran hello"])
    assert len(left(site)) == 1
    assert site.jobgate("verify").code == 0


def test_what_a_clause_denies(site: Site) -> None:
    """It is neither approved nor run, glass or no glass."""
    accepted(site, "clauses:", DENY)
    for words in ((), BROKEN):
        refused = signed(site, "count", *words, by=sites.AUTHOR if words else sites.REVIEWER)
        assert (refused.code, "not in this quarter" in refused.err) == (1, True), refused.err

    assert (site.jobgate("apply").code, site.runs) == (5, [])
