"""The real command on a real repository: a request that ran elsewhere becomes a job like others."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runner import narrow
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json

pytestmark = pytest.mark.stories

TODAY: dict[str, Json] = {
    "bk_scope_type": "biz",
    "bk_scope_id": "2",
    "script_language": 1,
    "account_alias": "operator",
    "timeout": 60,
    "execute_target": {"host_list": [{"bk_cloud_id": 0, "ip": "127.0.0.1"}]},
}


@pytest.fixture
def site(tmp_path: Path) -> sites.Site:
    """Return a site with an adopted ledger."""
    return sites.adopted(tmp_path)


def request(site: sites.Site, body: dict[str, Json], name: str = "request.json") -> str:
    """Write a request beside the repository and return its path."""
    path = site.root / name
    path.write_text(json.dumps(body, indent=2))
    return str(path)


def counting(site: sites.Site) -> dict[str, Json]:
    """Return a request whose script writes its arguments into the counter file."""
    script = f'#!/bin/sh\necho "$#:$1:$2" >> {site.counter}\n'
    return {
        **TODAY,
        "script_content": base64.b64encode(script.encode()).decode(),
        "script_param": base64.b64encode(b"'{{ a b }}' '$HOME'").decode(),
    }


def test_what_was_imported_runs(site: sites.Site) -> None:
    """Imported, checked, approved and applied, the request does what it did before."""
    file = request(site, counting(site))

    done = site.jobgate("import", file, "--name", "counted", "--into", "specs/imported")

    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == (
        "Import: wrote specs/imported/counted.yaml and scripts/counted.sh; 0 errors, 0 warnings."
    )
    rendered = site.jobgate("render", "counted", "--format", "json")
    (job,) = narrow.items(rendered.tree, "jobs")
    assert narrow.mapping(job, "request") == {**counting(site), "param_sensitive": False}
    site.commit("Import it")
    assert site.jobgate("check").code == 0
    key = str(site.root / sites.REVIEWER)
    assert site.jobgate("approve", "counted", "--yes", "--key", key).code == 0
    assert site.jobgate("apply").code in {0, 4}
    assert site.runs == ["2:{{ a b }}:$HOME"]


def test_from_stdin(site: sites.Site) -> None:
    """`-` reads the request from the standard input."""
    done = subprocess.run(
        (sys.executable, "-m", "runner", "import", "-", "--format", "json"),
        input=json.dumps({**counting(site), "task_name": "From a pipe"}).encode(),
        cwd=site.repository,
        env=site.environment() | {"PYTHONPATH": str(sites.HERE)},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["spec"] == "specs/from-a-pipe.yaml"
    assert (site.repository / "specs/from-a-pipe.yaml").is_file()


def test_from_curl(site: sites.Site) -> None:
    """A command is taken apart and not run, and what it logs in with is in no file."""
    command = site.root / "call.txt"
    body = {
        "bk_app_secret": "hidden-1",
        "bk_biz_id": "2",
        "account": "operator",
        "script_type": "1",
        "script_timeout": "60",
        "script_content": base64.b64encode(b"echo it's $HOME\n").decode(),
        "ip_list": [{"bk_cloud_id": "0", "ip": "127.0.0.1"}],
    }
    command.write_text(
        f"curl -X POST https://h/fast_execute_script -o {site.root}/out \\\n"
        '  -H \'X-Bkapi-Authorization: {"bk_token": "hidden-2"}\' \\\n'
        f"  -d '{json.dumps(body)}'\n"
    )

    done = site.jobgate("import", str(command))

    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert "translated account: it is account_alias now" in lines
    assert any(line.startswith("withheld bk_app_secret: ") for line in lines)
    assert any(line.startswith("withheld X-Bkapi-Authorization: ") for line in lines)
    assert "hidden" not in done.out
    spec = (site.repository / "specs/call.yaml").read_text()
    assert "hidden" not in spec
    assert (site.repository / "scripts/call.sh").read_bytes() == b"echo it's $HOME\n"
    assert not (site.root / "out").exists()


def test_nothing_is_overwritten(site: sites.Site) -> None:
    """A spec or a script that is there stops the import as a whole, but for --force."""
    file = request(site, counting(site))
    site.write("scripts/job.sh", "mine\n")

    done = site.jobgate("import", file, "--name", "job")

    assert done.code == 1
    assert "cannot write scripts/job.sh: it is there already" in done.err
    assert not (site.repository / "specs/job.yaml").exists()
    assert (site.repository / "scripts/job.sh").read_text() == "mine\n"
    assert site.jobgate("import", file, "--name", "job", "--force").code == 0
    assert (site.repository / "scripts/job.sh").read_text().startswith("#!/bin/sh\n")


def test_what_cannot_be_carried(site: sites.Site) -> None:
    """Every such field is named at its line, and nothing is written."""
    before = site.git("status", "--porcelain")
    file = request(site, {**counting(site), "acount": "x", "timeout": 0})

    done = site.jobgate("import", file)

    assert done.code == 1
    assert done.out == ""
    assert "cannot use the key acount" in done.err
    assert "account" in done.err
    assert "timeout" in done.err
    assert f"{file}:" in done.err
    assert site.git("status", "--porcelain") == before


def test_a_fault_of_the_request_is_told_in_the_spec(site: sites.Site) -> None:
    """What the rules find is written all the same, with the finding at its place in the spec."""
    windows = base64.b64encode(b"#!/bin/sh\r\necho\r\n").decode()
    file = request(site, {**counting(site), "script_content": windows})

    done = site.jobgate("import", file, "--name", "crlf")

    assert done.code == 1
    assert "specs/crlf.yaml:6:" in done.out
    assert "[crlf-in-script]" in done.out
    assert (site.repository / "scripts/crlf.sh").read_bytes() == b"#!/bin/sh\r\necho\r\n"


def test_a_valid_request_is_carried_even_where_a_spec_is_held_to_more(site: sites.Site) -> None:
    """The platform takes 512 characters of name; `check` then says what the spec has to give up."""
    file = request(site, {**counting(site), "task_name": "x" * 512})

    done = site.jobgate("import", file, "--name", "long")

    assert done.code == 0, done.err
    assert "task_name" in done.out
    assert site.jobgate("check").code == 1


@pytest.mark.parametrize(
    "words", [("--name", "Not A Name"), ("--into", "elsewhere"), ("--into", "specs/../x")]
)
def test_where_a_spec_does_not_belong(site: sites.Site, words: tuple[str, str]) -> None:
    """A name that no job has, and a folder outside `specs/`, are refused."""
    done = site.jobgate("import", request(site, counting(site)), *words)

    assert done.code in {1, 2}
    assert "cannot write" in done.err or "--" in done.err
