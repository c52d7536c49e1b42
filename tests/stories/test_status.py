"""Where jobs stand is shown also while a platform is out of reach, and which one that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import narrow, published
from tests import farsites, webserver
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.site import Site
    from tests.webserver import Web

pytestmark = pytest.mark.stories


# Lies in wait until it may end.
SCRIPT = 'while [ ! -e "$1.go" ]; do sleep 0.05; done\n'


@pytest.fixture
def site(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Yield a site of which two jobs were started, and not waited for, on a server."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    made = farsites.adopted(tmp_path / "site", web.url)
    sites.count(made)
    made.write("scripts/count.sh", SCRIPT)
    text = (made.repository / "specs/count.yaml").read_text("utf-8")
    made.write("specs/again.yaml", text.replace("name: count", "name: again", 1))
    made.commit("Count twice")
    assert made.approve("count").code == 0
    assert made.approve("again").code == 0
    assert made.jobgate("apply", "--no-wait").code == 0
    yield made
    made.counter.with_name("counter.go").touch()


def test_a_platform_out_of_reach(site: Site, web: Web) -> None:
    """Each of its jobs is shown as the journal has it, with why it could not be asked; exit 9."""
    web.end()
    said = site.jobgate("status")
    shown = site.jobgate("status", "--format", "json")

    assert (said.code, shown.code) == (9, 9)
    lines = said.out.splitlines()[1:]
    assert [line.split(" ")[:2] for line in lines[::2]] == [
        ["far/again:", "started"],
        ["far/count:", "started"],
    ]
    # They were created at the same time, each with the number that came.
    number = "1" if "job 1 " in said.out else "2"
    why = f"cannot ask for job {number} on far: it cannot be reached"
    assert sorted(lines[1::2]) == [
        f"  cannot be asked: {why}",
        f"  cannot be asked: not asked again: {why}",
    ]
    schema = jsonschema_rs.Draft202012Validator(published.schema("status.v1"))
    schema.validate(shown.tree)
    jobs = narrow.items(shown.tree, "jobs")
    assert [narrow.at(job, "hosts") for job in jobs] == [None, None]
    assert sorted(narrow.text(job, "unasked") for job in jobs) == [why, f"not asked again: {why}"]


def test_one_that_is_named_fails(site: Site, web: Web) -> None:
    """There is nothing else to show."""
    web.end()
    said = site.jobgate("status", "count")

    assert (said.code, said.out) == (9, "")


def test_a_platform_within_reach(site: Site) -> None:
    """Nothing says that it could not be asked."""
    said = site.jobgate("status", "--format", "json")

    assert said.code == 0
    assert not any("unasked" in narrow.mapping(job) for job in narrow.items(said.tree, "jobs"))
