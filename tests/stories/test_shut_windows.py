"""Windows: what is approved while they are shut runs once when they open, and no batch before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.cli import compose
from runner.keys import RunnerKey
from runner.model import Kind
from runner.pipeline import planning, submission
from runner.pipeline.wave import Wave
from runner.pipeline.witnessing import Lookout
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Had
    from tests.site import Site

pytestmark = pytest.mark.stories

FREEZE = """\
  - name: freeze
    when: {paths: ["specs/**"]}
    windows: {zone: UTC, closed: [{from: "2020-01-01T00:00", to: "2090-01-01T00:00"}]}
"""
REASON = "its windows open on 2090-01-01T00:00:00Z"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site whose policy in force lets nothing start until 2090."""
    made = sites.adopted(tmp_path)
    frozen(made)
    return made


def frozen(site: Site) -> None:
    """Put a freeze in force."""
    policy = (site.repository / "jobgate.yaml").read_text()
    site.write("jobgate.yaml", policy + FREEZE)
    site.commit("Freeze")
    assert site.approve("@policy").code == 0
    site.jobgate("apply")


def lifted(site: Site) -> None:
    """Put the policy in force that has no freeze."""
    policy = (site.repository / "jobgate.yaml").read_text()
    site.write("jobgate.yaml", policy.replace(FREEZE, ""))
    site.commit("Lift the freeze")
    assert site.approve("@policy").code == 0


def held(site: Site) -> Had:
    """Return what the ledger holds of the job."""
    with compose.world(site.repository) as world:
        (had,) = planning.ledger(world).jobs.values()
    return had


def test_a_change_in_a_freeze_runs_once_when_it_lifts(site: Site) -> None:
    """It is denied with 5, can be approved meanwhile, and needs nobody again."""
    waits = site.jobgate("apply")
    assert waits.code == 5
    assert f"local/count: denied: {REASON}; apply again then" in waits.out

    approved = site.approve()
    assert approved.code == 0, approved.err
    assert "besides" not in site.jobgate("explain", "count").out
    assert site.jobgate("apply").code == 5
    assert site.runs == []

    lifted(site)
    done = site.jobgate("apply")
    assert done.code == 0, done.err
    assert site.jobgate("apply").code == 0
    assert len(site.runs) == 1


def test_a_freeze_tells_who_is_asked_besides(site: Site) -> None:
    """So that nobody waits for it to lift before they look at it."""
    told = site.jobgate("explain", "count")

    assert told.out.endswith(
        f"denied by freeze: {REASON}; apply again then; it can be approved before "
        "(besides, everything asks for 1 more of reviewer; freeze asks for 1 more of reviewer)\n"
    )


def test_what_was_created_waits_where_it_is(site: Site) -> None:
    """A window that shuts between create and start spends no approval."""
    assert site.approve().code == 0
    with compose.world(site.repository, writer=RunnerKey(None, prompts=False)) as world:
        head = world.repository.commit("HEAD")
        planned = planning.planned(world, head)
        (change,) = planned.plan.changes
        said = planning.verdicts(world, [change], planned.ledger, planned.in_force, head)
        tasks = submission.tasks(planned.ledger, [change])
        lookout = Lookout(world=world)
        lookout.look(planned.ledger, tasks)
        wave = Wave(
            world=world,
            planned=planned,
            ledger=planned.ledger,
            tasks={task.id: task for task in tasks},
            items={},
            lookout=lookout,
        )
        submission.intend(wave, [change], {change.job: said[change.job][1]})
    assert held(site).state is Kind.INTENDED

    for _ in range(2):
        waits = site.jobgate("apply")
        assert waits.code == 5
        assert f"local/count: denied: {REASON}" in waits.out
        assert held(site).state is Kind.CREATED
    key = held(site).key
    lifted(site)
    # The policy is accepted after what was under way had its turn.
    assert site.jobgate("apply").code == 5
    assert site.jobgate("apply").code == 0
    assert (held(site).state, held(site).key, len(site.runs)) == (Kind.ENDED, key, 1)
    assert site.jobgate("verify").code == 0


def test_no_batch_is_confirmed_while_windows_are_shut(tmp_path: Path) -> None:
    """What goes on is denied; a stop never is."""
    site = sites.adopted(tmp_path)
    hosts = "".join(f"  - {{bk_cloud_id: 0, ip: 127.0.0.{n}}}\n" for n in (1, 2, 3))
    site.write("specs/vars.yaml", f"word: hello\nhosts:\n{hosts}")
    rolls = 'timeout: 60\n  rolling_config: {expression: "1", mode: manual}'
    site.edit("specs/count.yaml", "timeout: 60", rolls)
    site.commit("Roll")
    assert site.approve().code == 0
    site.jobgate("apply")
    assert len(site.runs) == 1
    frozen(site)

    refused = site.jobgate("resume", "count", "--reason", "go on")
    assert refused.code == 1
    assert f"cannot resume local/count: {REASON}" in refused.err
    assert "`jobgate stop` is always possible" in refused.err
    assert len(site.runs) == 1
    stopped = site.jobgate("stop", "count", "--reason", "no more")
    assert stopped.code == 0, stopped.err
