"""The look between create and start: a group of hosts that is no longer what was reviewed."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from runner.server import inventory as inventories
from tests import farsites, webserver
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.model import Json
    from tests.relay import Relay
    from tests.site import Ended, Site
    from tests.webserver import Web

pytestmark = pytest.mark.stories

NAMED = '  execute_target:\n    host_list: "{{ vars.hosts }}"\n'
GROUP = """\
  execute_target:
    dynamic_group_list: [{id: web}]
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A site, and how its platform is told which hosts bear the label `app=web`."""

    site: Site
    label: Callable[[int], None]

    def spec(self, *hosts: int) -> None:
        """Commit the job on the group `web`, which expects these hosts (none: it says nothing)."""
        sites.count(self.site)
        self.site.edit("specs/count.yaml", NAMED, GROUP)
        if hosts:
            labels = ", ".join(f'"0:127.0.0.{host}"' for host in hosts)
            self.site.edit(
                "specs/count.yaml", "request:\n", f"expect_hosts: [{labels}]\nrequest:\n"
            )
        self.site.commit("Count")

    def apply(self) -> Ended:
        """Approve the job as it is, and apply."""
        assert self.site.approve().code == 0
        return self.site.jobgate("apply")


def labelled(known: dict[str, Json], count: int) -> dict[str, Json]:
    """Return an inventory in which the first hosts, so many, are in the group `web`."""
    hosts = known["hosts"]
    assert isinstance(hosts, list)
    some: list[Json] = [
        {**host, "labels": {"app": "web"}} if index < count else host
        for index, host in enumerate(hosts)
        if isinstance(host, dict)
    ]
    group: Json = {"id": "web", "scope": "biz/2", "selector": "app=web"}
    return {**known, "hosts": some, "groups": [group]}


@pytest.fixture
def here(tmp_path: Path) -> Place:
    """Return a site whose platform is the embedded one, in process."""
    site = sites.make(tmp_path)
    assert site.jobgate("adopt").code == 0
    ids: list[Json] = [
        {"id": number, "ip": f"127.0.0.{number}", "scopes": ["biz/2"]} for number in range(1, 8)
    ]
    known: dict[str, Json] = {
        "apiVersion": "jobgate/v1",
        "kind": "Inventory",
        "scopes": [{"type": "biz", "id": "2"}],
        "hosts": ids,
        "accounts": [{"id": 1, "alias": "operator", "user": inventories.own_user().name}],
    }
    folder = tmp_path / "state" / "local"

    def label(count: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "inventory.yaml").write_text(json.dumps(labelled(known, count)))

    label(2)
    return Place(site=site, label=label)


@pytest.fixture
def far(tmp_path: Path, web: Web, between: Relay, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a site whose platform is a server, over HTTP."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    site = farsites.adopted(tmp_path / "site", between.url)

    def label(count: int) -> None:
        before = len(web.events("reloaded"))
        web.write(labelled(webserver.inventory(), count))
        web.send(signal.SIGHUP)
        web.until(lambda: len(web.events("reloaded")) == before + 1)

    label(2)
    return Place(site=site, label=label)


@pytest.fixture(params=["here", "far"])
def place(request: pytest.FixtureRequest) -> Place:
    """Return a site of either kind, with two hosts in the group."""
    made = request.getfixturevalue(request.param)
    assert isinstance(made, Place)
    return made


def test_a_group_that_is_what_was_expected_runs(place: Place) -> None:
    """Its hosts are in the plan by the spec's own word, and a dry run takes them for what is."""
    place.spec(1, 2)
    planned = place.site.jobgate("plan")
    assert "expected in all: 0:127.0.0.1, 0:127.0.0.2" in planned.out
    assert place.site.approve().code == 0
    told = place.site.jobgate("apply", "--dry-run")
    assert (told.code, place.site.runs) == (0, []), told.out

    done = place.site.jobgate("apply")

    assert (done.code, place.site.runs) == (0, ["ran hello"] * 2), done.out


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (3, "1 host in addition: 0:127.0.0.3"),
        (1, "1 host missing: 0:127.0.0.2"),
    ],
)
def test_a_group_that_changed_is_not_started(place: Place, count: int, said: str) -> None:
    """The job stays idle, with the difference in words; what comes next is approved anew."""
    place.spec(1, 2)
    place.label(count)
    stopped = place.apply()

    assert (stopped.code, place.site.runs) == (4, []), stopped.err
    assert f"withdrawn: what the platform froze is not what was reviewed: {said}" in stopped.out
    assert place.site.jobgate("apply").code == 4
    place.spec(*range(1, count + 1))
    assert place.site.jobgate("apply").code == 4
    assert place.site.runs == []

    done = place.apply()
    assert (done.code, place.site.runs) == (0, ["ran hello"] * count), done.out


def test_a_group_of_which_nothing_is_said_is_denied(place: Place) -> None:
    """Nothing is created, whoever consents: the mend says what to write."""
    place.spec()
    denied = place.site.jobgate("apply")

    assert (denied.code, place.site.runs) == (5, []), denied.err
    assert "only the platform can tell which hosts group:web is" in denied.out
    assert "list the hosts that it must come to in `expect_hosts`" in denied.out


def test_more_hosts_than_a_clause_allows_are_denied(place: Place) -> None:
    """As they are frozen, before the start; and as they are expected, before the create."""
    bound = '    when: {paths: ["**"]}\n'
    place.site.edit("jobgate.yaml", bound, f"{bound}    max_hosts: 2\n")
    place.spec(1, 2)
    assert place.site.approve("@policy").code == 0
    place.label(3)
    frozen = place.apply()
    assert (frozen.code, place.site.runs) == (5, []), frozen.out
    assert "denied: what the platform froze is not what was reviewed: " in frozen.out
    assert "it is for 3 hosts, and everything allows 2" in frozen.out

    place.spec(1, 2, 3)
    planned = place.site.jobgate("apply")

    assert (planned.code, place.site.runs) == (5, []), planned.out
    assert "it is for 3 hosts, and everything allows 2; name fewer hosts" in planned.out


def test_what_is_expected_cannot_change_under_way(far: Place, between: Relay) -> None:
    """Hosts that nobody reviewed do not count, although the request is the very same."""
    far.spec(1, 2)
    assert far.site.approve().code == 0
    between.faults["get_job_instance_status"] = ["before"] * 4
    halfway = far.site.jobgate("apply")
    assert halfway.code == 9, halfway.out
    far.spec(1, 2, 3)
    far.label(3)

    stopped = far.site.jobgate("apply")

    assert (stopped.code, far.site.runs) == (4, []), stopped.out
    assert "withdrawn: its spec changed before it was started" in stopped.out
    assert "operate_job_instance" not in between.calls
