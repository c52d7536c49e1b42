"""`jobgate doctor` as it is used: on a site whose platform is a server, well and broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import narrow, published
from tests import farsites, scripted, webserver
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json
    from tests.site import Ended, Site
    from tests.webserver import Web

pytestmark = pytest.mark.stories

PROBE = ("--probe", "far", "--scope", "biz/2", "--account", "operator", "--host", "0:127.0.0.1")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a site may be made; the secret is where the policy says."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    return tmp_path / "site"


def states(ended: Ended) -> dict[str, str]:
    """Return the state of each check, from a document that its schema knows."""
    jsonschema_rs.Draft202012Validator(published.schema("checkup.v1")).validate(ended.tree)
    return {
        f"{narrow.text(each, 'about')} {narrow.text(each, 'name')}": narrow.text(each, "state")
        for each in narrow.items(ended.tree, "checks")
    }


def everything(site: Site) -> set[Path]:
    """Return every file of a site, but for the objects and the marks of its clone."""
    return {path for path in site.root.rglob("*") if ".git" not in path.parts}


def test_a_site_that_is_well(root: Path, web: Web) -> None:
    """Before anything ran and after it; who only asks leaves nothing, a probe one job."""
    site = farsites.adopted(root, web.url, remote=True)
    files = everything(site)
    first = site.jobgate("doctor", "--scope", "biz/2")
    assert (first.code, first.err) == (0, "")
    assert "ok       platform far scope: it answers" in first.out
    assert "not shown: whether jobs may be created" in first.out
    assert first.out.splitlines()[-1].startswith("Doctor: ")
    assert ", 0 failures, " in first.out.splitlines()[-1]
    assert everything(site) == files

    sites.count(site)
    farsites.publish(site)
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 0
    found = states(site.jobgate("doctor", *PROBE, "--format", "json"))
    probed = {f"platform {name}" for name in ("view", "create", "wait", "start", "second-start")}
    assert {found[each] for each in probed} == {"ok"}
    assert "failure" not in found.values()
    assert web.status(2)["finished"] is True
    assert site.runs == ["ran hello"]


def test_a_secret_that_is_wrong(root: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told with its mend, and ends with 1; no secret is shown, and nothing else is hidden."""
    site = farsites.adopted(root, web.url, remote=True)
    monkeypatch.setenv(farsites.VARIABLE, "something else")
    wrong = site.jobgate("doctor", "--scope", "biz/2")

    assert wrong.code == 1
    assert "FAILURE  platform far scope: cannot list jobs on far" in wrong.out
    assert "mend: look at platforms.far.credentials" in wrong.out
    assert "ok       journal entries" in wrong.out
    assert webserver.WORD not in wrong.out + wrong.err
    assert "something else" not in wrong.out + wrong.err


def test_who_may_look_and_not_run(root: Path, web: Web) -> None:
    """Looking is well; a probe is refused with what is lacking, and leaves no job."""
    site = farsites.adopted(root, web.url, user="bob", remote=True)
    probed = site.jobgate("doctor", *PROBE)

    assert probed.code == 1
    assert "ok       platform far scope" in probed.out
    assert "FAILURE  platform far create" in probed.out
    assert "lacking: " in probed.out
    assert "platform far wait" not in probed.out


def test_a_server_that_is_down(root: Path, web: Web) -> None:
    """The platform is out of reach, and everything else is looked at."""
    site = farsites.adopted(root, web.url, remote=True)
    web.end()
    found = states(site.jobgate("doctor", "--scope", "biz/2", "--format", "json"))

    failed = [name for name, state in found.items() if state == "failure"]
    assert failed == ["platform scope"]


def test_a_platform_that_starts_what_is_to_wait(root: Path) -> None:
    """Such a one cannot run each job once; a probe finds out."""
    running: Json = {
        "finished": False,
        "job_instance": {"job_instance_id": 7, "name": "x", "status": 2},
        "step_instance_list": [],
    }
    acts = [
        scripted.answer({"job_instance_list": []}),
        scripted.answer({"job_instance_id": 7, "step_instance_id": 8}),
        scripted.answer(running),
    ]
    with scripted.served(*acts) as server:
        ended = farsites.adopted(root, server.url, remote=True).jobgate("doctor", *PROBE)

    assert ended.code == 1
    assert "FAILURE  platform far wait: job 7 was to wait, and is running" in ended.out
    assert [got.method for got in server.got] == ["GET", "POST", "GET"]


def test_a_certificate_that_nobody_trusts(root: Path) -> None:
    """It is told as that; no secret went out."""
    folder = sites.HERE / "tests/cases/server/tls"
    with scripted.served(tls=folder) as server:
        ended = farsites.adopted(root, server.url, remote=True).jobgate(
            "doctor", "--scope", "biz/2"
        )

    assert ended.code == 1
    assert "its certificate is verified at each call" in ended.out
    assert "its certificate is not one that this machine trusts" in ended.out
    assert server.got == []


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    """The programs are looked at all the same."""
    (tmp_path / "work").mkdir()
    ended = sites.Site(tmp_path).jobgate("doctor")

    assert ended.code == 1
    assert "ok       openssh signature" in ended.out
    assert "FAILURE  repository open: cannot open" in ended.out


@pytest.mark.parametrize(
    "words",
    [
        ("--probe", "far"),
        ("--account", "operator"),
        ("--host", "0:127.0.0.1"),
        ("--scope", "biz"),
        (*PROBE[:-1], "127.0.0.1"),
        (*PROBE[:-1], "0:example.org"),
        ("--platform", "near", *PROBE),
    ],
)
def test_wrong_use(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A probe is wished for in full or not at all."""
    (tmp_path / "work").mkdir()

    assert sites.Site(tmp_path).jobgate("doctor", *words).code == 2
