"""The main job on a platform of the type bkjob: jobgate's own server, over HTTP, end to end."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import time
import urllib.parse
from typing import TYPE_CHECKING

import pytest

from tests import farsites, serving, webserver
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json
    from tests.relay import Relay
    from tests.site import Ended, Site
    from tests.webserver import Web

pytestmark = pytest.mark.stories

MANUAL = """\
  execute_target:
    host_list: [{bk_cloud_id: 0, ip: 127.0.0.1}, {bk_cloud_id: 0, ip: 127.0.0.2}]
  rolling_config: {expression: "1", mode: manual}
"""
CREATE, START = "fast_execute_script", "operate_job_instance"


@pytest.fixture
def site(tmp_path: Path, between: Relay, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site whose policy names the server, with the job `count` committed and approved."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    made = farsites.adopted(tmp_path / "site", between.url, remote=True)
    sites.count(made)
    farsites.publish(made)
    assert made.approve().code == 0
    return made


def jobs(web: Web) -> list[int]:
    """Return the states of the server's jobs, oldest first."""
    now = int(time.time() * 1000)
    window: dict[str, Json] = {
        "create_time_start": 0,
        "create_time_end": now + 60_000,
        "length": 200,
    }
    data = web.get("/api/v4/get_job_instance_list", user="alice", **window).tree["data"]
    assert isinstance(data, dict)
    listed = data["job_instance_list"]
    assert isinstance(listed, list)
    return [int(str(each["status"])) for each in listed[::-1] if isinstance(each, dict)]


def state(site: Site) -> str:
    """Return where the ledger says that the job stands."""
    tree = site.jobgate("status", "--format", "json").tree
    assert isinstance(tree, dict)
    listed = tree["jobs"]
    assert isinstance(listed, list)
    (only,) = listed
    assert isinstance(only, dict)
    return str(only["state"])


def test_a_reviewed_job_runs_once_and_its_record_holds(site: Site, web: Web) -> None:
    """From plan to record: applied twice it ran once, and one job was created and started."""
    planned = site.jobgate("plan")
    assert "+ far/count" in planned.out
    assert "1 to run" in planned.out

    done = site.jobgate("apply")
    assert (done.code, site.runs) == (0, ["ran hello"]), done.err
    again = site.jobgate("apply")
    assert (again.code, site.runs) == (0, ["ran hello"])
    assert "nothing to do" in again.out

    assert jobs(web) == [3]
    assert "counted for hello" in site.jobgate("logs", "count").out
    assert "counted for hello" in site.jobgate("logs", "count", "--host", "0:127.0.0.1").out
    assert "0:127.0.0.1" in site.jobgate("status", "count").out
    record = site.root / "record.json"
    assert site.jobgate("records", "count", "--out", str(record)).code == 0
    verified = site.jobgate("verify", str(record))
    assert verified.code == 0, verified.out


def test_two_applies_at_once_run_it_once(site: Site, between: Relay) -> None:
    """Of two runners one starts the job, whoever created it."""
    both = [site.spawn("apply"), site.spawn("apply")]
    ends = [(each.communicate(timeout=60), each.returncode) for each in both]

    assert [code for _, code in ends] == [0, 0], ends
    assert site.runs == ["ran hello"]
    assert between.calls.count(START) in {1, 2}


def test_a_dry_run_makes_no_call_that_writes(site: Site, web: Web, between: Relay) -> None:
    """By the server's own log: nothing of a new job, and only questions about one half way."""
    told = site.jobgate("apply", "--dry-run")
    assert (told.code, jobs(web)) == (0, []), told.err
    assert "2. start far/count on far, key " in told.out
    between.faults[START] = ["before"]
    assert site.jobgate("apply").code == 8
    writes = [each for each in web.events("request") if each["method"] == "POST"]
    tip = site.git("ls-remote", "origin", "jobgate-journal")

    again = site.jobgate("apply", "--dry-run")

    assert (again.code, site.runs, jobs(web)) == (0, [], [1])
    assert "1. start far/count on far, its job 1, key " in again.out
    seen = web.events("request")
    assert [each for each in seen if each["method"] == "POST"] == writes
    assert {str(each["route"]).rpartition("/")[2] for each in seen if each["method"] == "GET"} == {
        "get_job_instance_list",
        "get_job_instance_status",
        "get_step_instance_detail",
    }
    assert site.git("ls-remote", "origin", "jobgate-journal") == tip


@pytest.mark.parametrize(("fault", "created"), [("before", 0), ("after", 1)])
def test_a_create_without_an_answer_is_made_again(
    site: Site, web: Web, between: Relay, fault: str, created: int
) -> None:
    """Not by itself: the next apply creates again, and what was left idle never starts."""
    between.faults[CREATE] = [fault]
    lost = site.jobgate("apply")

    assert (lost.code, site.runs, state(site)) == (9, [], "intended"), lost.err
    assert "nobody knows whether it was done; apply again to go on" in lost.out
    assert (between.calls.count(CREATE), between.calls.count(START)) == (1, 0)
    assert jobs(web) == [1] * created
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]
    assert jobs(web) == [*[1] * created, 3]


def test_a_start_without_an_answer_is_settled_by_the_state(site: Site, between: Relay) -> None:
    """The job has started, as its own id says; it is followed to its end."""
    between.faults[START] = ["after"]
    done = site.jobgate("apply")

    assert (done.code, site.runs) == (0, ["ran hello"]), done.err
    assert between.calls.count(START) == 1


def test_a_start_that_never_came_is_sent_by_the_next_apply(site: Site, between: Relay) -> None:
    """Whether it is still on its way nobody knows: exit code 8, and nothing is sent twice."""
    between.faults[START] = ["before"]
    lost = site.jobgate("apply")

    assert (lost.code, site.runs, state(site)) == (8, [], "starting"), lost.err
    assert between.calls.count(START) == 1
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]
    assert (between.calls.count(CREATE), between.calls.count(START)) == (1, 2)


def test_a_status_without_an_answer_is_asked_again(site: Site, between: Relay) -> None:
    """Whoever only asks may ask as often as needed."""
    between.faults["get_job_instance_status"] = ["before", "after", "", "after", "before", ""]

    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


def test_a_manual_job_waits_for_a_person(site: Site) -> None:
    """Its pause is told, `resume` lets the next batch begin, and the next apply follows it."""
    old = '  execute_target:\n    host_list: "{{ vars.hosts }}"\n'
    site.edit("specs/count.yaml", old, MANUAL)
    farsites.publish(site)
    assert site.approve().code == 0
    waits = site.jobgate("apply")
    assert (waits.code, len(site.runs)) == (4, 1), waits.err
    assert "batch 1/2" in waits.out

    resumed = site.jobgate("resume", "count")
    assert resumed.code == 0, resumed.err
    assert site.jobgate("apply").code == 0
    assert len(site.runs) == 2
    assert site.jobgate("resume", "count").code == 1


def test_what_the_platform_refuses_is_refused(site: Site, web: Web) -> None:
    """It is final for this submission: exit code 9, the platform's number, and no job."""
    site.edit("specs/count.yaml", "account_alias: operator", "account_alias: nobody")
    farsites.publish(site)
    assert site.approve().code == 0
    refused = site.jobgate("apply")

    assert (refused.code, state(site)) == (9, "refused")
    assert "NOT_FOUND 1244003" in refused.out
    assert (site.runs, jobs(web)) == ([], [])


def test_who_has_no_leave_may_apply_again_once_it_is_granted(site: Site, web: Web) -> None:
    """What is missing is spelled out; nothing is announced, and the next apply goes on."""
    known = webserver.inventory()
    web.write({**known, "users": [{"name": name} for name in ("alice", "bob", "carol")]})
    web.send(signal.SIGHUP)
    web.until(lambda: len(web.events("reloaded")) == 1)
    lacks = site.jobgate("apply")
    assert (lacks.code, site.symbols()) == (9, {"far/count": "+"}), lacks.err
    assert "NO_PERMISSION" in lacks.out
    assert "lacking: " in lacks.out

    web.write(known)
    web.send(signal.SIGHUP)
    web.until(lambda: len(web.events("reloaded")) == 2)
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


def test_a_wrong_secret_and_one_that_is_not_there(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is announced; with the right one the next apply goes on."""
    monkeypatch.setenv(farsites.VARIABLE, "something else")
    wrong = site.jobgate("apply")
    assert (wrong.code, site.symbols()) == (9, {"far/count": "+"}), wrong.err
    assert "UNAUTHENTICATED" in wrong.out
    assert "something else" not in wrong.out + wrong.err
    monkeypatch.delenv(farsites.VARIABLE)
    missing = site.jobgate("apply")
    assert (missing.code, site.runs) == (9, [])
    assert f"the variable {farsites.VARIABLE}, for bk_app_secret, holds nothing" in missing.out

    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


def test_a_server_that_is_down_is_nothing_more(site: Site, web: Web, between: Relay) -> None:
    """Nothing was submitted; when it is back, the job runs once."""
    web.end()
    assert site.jobgate("apply").code == 9
    assert site.symbols() == {"far/count": "+"}
    web.begin()
    between.aim = web.url

    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


def test_nothing_is_created_while_a_list_cannot_be_read(
    site: Site, web: Web, between: Relay
) -> None:
    """What was announced stays so, and goes on when there is a witness again."""
    between.faults[CREATE] = ["before"]
    assert (site.jobgate("apply").code, state(site)) == (9, "intended")
    between.faults["get_job_instance_list"] = ["before"] * 20
    ended = site.jobgate("apply")
    assert (ended.code, state(site), between.calls.count(CREATE)) == (9, "intended", 1), ended.out

    between.faults.clear()
    assert site.jobgate("apply").code == 0
    assert jobs(web) == [3]


def test_another_platform_at_the_address_is_not_asked_for_the_job(
    site: Site, web: Web, between: Relay
) -> None:
    """A number that was given again is another job: its name does not bear the key."""
    assert site.jobgate("apply").code == 0
    web.end()
    web.data.rename(web.folder / "gone")
    web.begin()
    between.aim = web.url
    assert web.create(serving.body("true"))["job_instance_id"] == 1
    asked = site.jobgate("logs", "count")

    assert asked.code == 9
    assert "bears another name than the one that was created" in asked.err


# ---------------------------------------------------------------- secrets


def forms(secret: str) -> set[bytes]:
    """Return a secret as it may stand somewhere: plain, encoded, and Base64 at each offset."""
    plain = secret.encode()
    coded = {base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)}
    quoted = {urllib.parse.quote(secret).encode(), urllib.parse.quote_plus(secret).encode()}
    return {plain, plain.hex().encode(), json.dumps(secret)[1:-1].encode(), *coded, *quoted}


def test_the_applications_secret_is_nowhere(site: Site, web: Web, between: Relay) -> None:
    """No output, no file of the repository, journal, cache or record, and no log has it."""
    between.faults[CREATE] = ["after"]
    said: list[Ended] = [site.jobgate("plan"), site.jobgate("apply"), site.jobgate("apply")]
    said += [site.jobgate("status", "count"), site.jobgate("logs", "count")]
    said += [site.jobgate("records", "count", "--out", str(site.root / "record.json"))]
    assert [each.code for each in said] == [0, 9, 0, 0, 0, 0]
    written = [file.read_bytes() for file in site.root.rglob("*") if file.is_file()]
    journal = site.git("log", "-p", "--all").encode()
    spoken = [f"{each.out}{each.err}".encode() for each in said]
    logged = ["\n".join(web.log).encode()]

    assert len(written) > 50
    for form in forms(webserver.WORD):
        assert not any(form in text for text in (*written, journal, *spoken, *logged)), form


def test_a_bug_report_has_no_secret(site: Site) -> None:
    """Not even where the library that sends it fails, with all that it was given in its words."""
    code = (
        "import sys, urllib3\n"
        "def fails(self, method, url, **more): raise {kind}(repr(more))\n"
        "urllib3.PoolManager.request = fails\n"
        "from runner.cli import program; sys.exit(program.run(sys.argv[1:]))"
    )
    for kind, expected in (("ValueError", 9), ("OSError", 9)):
        done = subprocess.run(
            (sys.executable, "-c", code.format(kind=kind), "apply"),
            cwd=site.repository,
            env=site.environment() | {"PYTHONPATH": str(sites.HERE)},
            capture_output=True,
            check=False,
        )
        assert done.returncode == expected, done.stderr
        assert webserver.WORD.encode() not in done.stdout + done.stderr


def test_without_its_extra(site: Site) -> None:
    """Where the HTTP library is not installed, the command says how to install it."""
    code = (
        "import sys; sys.modules['urllib3'] = None; from runner.cli import program;"
        " sys.exit(program.run(sys.argv[1:]))"
    )
    done = subprocess.run(
        (sys.executable, "-c", code, "apply"),
        cwd=site.repository,
        env=site.environment() | {"PYTHONPATH": str(sites.HERE)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 9
    assert "urllib3 is not installed" in done.stdout
