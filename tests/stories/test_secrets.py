"""Secrets end to end: the platform gets the right values, and nobody and nothing else has them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import farsites, webserver
from tests import site as sites
from tests.faults import canary

if TYPE_CHECKING:
    from pathlib import Path

    from tests.relay import Relay
    from tests.site import Ended, Site

pytestmark = pytest.mark.stories

HERE, THERE = "local", "far"
CREATE = "fast_execute_script"
LABEL = "0:127.0.0.1"
VARIABLE = "STORY_DB_PASSWORD"
SPEC = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata: {{name: count, description: Use secrets, run: {run}}}
script:
  file: scripts/use.sh
  args:
    - {folder}
    - "{{{{ secret('by_variable') }}}}"
    - "--file={{{{ secret('by_file') }}}}"
    - "{{{{ secret('by_command') }}}}"
  sensitive: true
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: operator
  timeout: 60
  execute_target:
    host_list: [{{bk_cloud_id: 0, ip: 127.0.0.1}}]
"""
SCRIPT = """\
folder=$1; shift
printf '%s\\n' "$@" > "$folder/got"
echo "ran $#" >> "$folder/counter"
env > "$folder/environment"
for each; do
  printf 'raw %s\\n' "$each"
  printf %s "$each" | base64 -w0; echo
  printf %s "x$each" | base64 -w0; echo
  printf %s "xy$each" | base64 -w0; echo
  printf %s "$each" | od -An -v -tx1 | tr -d ' \\n'; echo
  printf 'quoted %q\\n' "$each"
done
echo over
"""
POLICY = """\
secrets:
  by_variable: {{env: {variable}, platforms: [{platform}], paths: ["specs/**"]}}
  by_file: {{file: {file}, platforms: [{platform}], paths: ["specs/**"]}}
  by_command: {{command: [{python}, {command}], platforms: [{platform}], paths: ["specs/**"]}}
"""


class Story:
    """A site with a job that uses three secrets; `values` are theirs, in the order of their use."""

    def __init__(self, site: Site, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Write the sources, and have the policy name them; nothing is committed yet."""
        self.site = site
        self.values = (canary.made(), canary.made("'$\"\\ %ü+/"), canary.made("&<`"))
        self.sources = site.root / "sources"
        self.got = site.root / "got"
        self.sources.mkdir()
        monkeypatch.setenv(VARIABLE, self.values[0])
        self.file, self.command = self.sources / "file", self.sources / "command.py"
        self.file.write_text(f"{self.values[1]}\n")
        self.file.chmod(0o400)
        self.command.write_text(
            "import os, pathlib, sys\n"
            f"pathlib.Path({str(site.root / 'inherited')!r}).write_text(repr(dict(os.environ)))\n"
            f"sys.stderr.write({self.values[2]!r})\nprint({self.values[2]!r})\n"
        )
        policy = (site.repository / "jobgate.yaml").read_text()
        named = POLICY.format(
            variable=VARIABLE,
            platform=platform,
            file=self.file,
            command=self.command,
            python=json.dumps(sys.executable),
        )
        site.write("jobgate.yaml", policy + named)
        site.write("scripts/use.sh", SCRIPT)

    def submit(self, run: int = 1) -> None:
        """Commit the job, and have it approved."""
        self.site.write("specs/count.yaml", SPEC.format(folder=self.site.root, run=run))
        self.site.commit(f"Run {run}")
        approved = self.site.approve()
        assert approved.code == 0, approved.err

    def nowhere(self, *said: Ended, but: tuple[Path, ...] = ()) -> None:
        """Fail where any of the values stands in what was said or written."""
        left_out = (self.sources, self.got, self.site.root / "state", *but)
        contents = list(canary.written(self.site.root, left_out))
        assert len(contents) > 50
        contents += [("output", f"{each.out}{each.err}".encode()) for each in said]
        for value in self.values:
            assert canary.traces(value, contents) == []

    def arrived(self) -> None:
        """Fail unless the script got just these values, and none by its environment."""
        first, second, third = self.values
        assert self.got.read_text() == f"{first}\n--file={second}\n{third}\n"


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Return a story on the embedded platform in process, its job approved."""
    (tmp_path / "site").mkdir()
    made = Story(sites.make(tmp_path / "site"), HERE, monkeypatch)
    made.site.commit("Name secrets")
    assert made.site.jobgate("adopt").code == 0
    made.submit()
    return made


@pytest.fixture
def far(tmp_path: Path, between: Relay, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Return a story on a server, over HTTP, its job approved."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    site = farsites.adopted(tmp_path / "site", between.url)
    made = Story(site, THERE, monkeypatch)
    site.commit("Name secrets")
    assert site.approve("@policy").code == 0
    assert site.jobgate("apply").code == 0
    made.submit()
    return made


# ---------------------------------------------------------------- the whole way


def test_the_script_gets_the_values_and_nobody_else(story: Story) -> None:
    """From a variable, a file and a command; plan, record and journal know the names alone."""
    site = story.site
    said = [site.jobgate("plan"), site.jobgate("render", "specs/count.yaml"), site.jobgate("apply")]
    assert [each.code for each in said] == [0, 0, 0], said[-1].err
    story.arrived()
    said += [site.jobgate("status", "count"), site.jobgate("watch", "count")]
    record = site.root / "record.json"
    said += [site.jobgate("records", "count", "--out", str(record))]
    said += [site.jobgate("verify", str(record)), site.jobgate("apply")]

    assert [each.code for each in said[3:]] == [0, 0, 0, 0, 0], said
    assert (site.root / "counter").read_text() == "ran 3\n"
    assert "by_variable" in record.read_text()
    story.nowhere(*said)


def test_the_server_gets_the_values_and_nobody_else(far: Story) -> None:
    """The same over HTTP; what it has of them lies below its own folder."""
    done = far.site.jobgate("apply")
    assert done.code == 0, done.out
    far.arrived()
    far.nowhere(done, far.site.jobgate("status", "count"))


def test_no_child_inherits_what_is_secret(far: Story) -> None:
    """Neither the command that fetches another secret nor the script: nor what a call shows."""
    assert far.site.jobgate("apply").code == 0
    inherited = (far.site.root / "inherited").read_text()
    environment = (far.site.root / "environment").read_text()
    assert "PATH" in inherited
    assert "PATH" in environment
    for hidden in (*far.values, VARIABLE, webserver.WORD, farsites.VARIABLE):
        assert hidden not in inherited
        assert hidden not in environment


# ---------------------------------------------------------------- when it goes wrong


def test_a_platform_that_repeats_what_it_was_sent(far: Story, between: Relay) -> None:
    """Its refusal is told and kept, as it is and decoded, without the values."""
    between.faults[CREATE] = ["echo"]
    refused = far.site.jobgate("apply")
    assert refused.code == 9
    assert "refused: cannot create a job on far: bad parameters" in refused.err
    assert "--file=******" in refused.err
    told = far.site.jobgate("apply")
    assert "(before this apply)" in told.out
    assert "bad parameters" in far.site.git("log", "-p", "refs/heads/jobgate-journal")
    far.nowhere(refused, told)
    far.submit(run=2)
    assert far.site.jobgate("apply").code == 0
    far.arrived()


def test_a_lost_answer_and_a_server_that_fails(far: Story, between: Relay) -> None:
    """A retried create asks no source twice in one process, and again in the next."""
    between.faults[CREATE] = ["after"]
    lost = far.site.jobgate("apply")
    assert lost.code == 9
    done = far.site.jobgate("apply")
    assert done.code == 0, done.err
    far.arrived()
    far.nowhere(lost, done)


@pytest.mark.parametrize("gone", ["variable", "file", "command"])
def test_what_cannot_be_fetched_submits_nothing(
    far: Story, between: Relay, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    """Nothing was created and nothing refused: with the source in its place it runs."""
    if gone == "variable":
        monkeypatch.delenv(VARIABLE)
    elif gone == "file":
        far.file.chmod(0o644)
    else:
        far.command.rename(far.command.with_name("elsewhere"))
    held = far.site.jobgate("apply")
    assert held.code == 9
    assert f"intended: cannot fetch the secret by_{gone}: the {gone} " in held.err
    assert held.err.rstrip().endswith("; apply again to go on")
    assert CREATE not in between.calls
    far.nowhere(held)

    if gone == "variable":
        monkeypatch.setenv(VARIABLE, far.values[0])
    elif gone == "file":
        far.file.chmod(0o400)
    else:
        far.command.with_name("elsewhere").rename(far.command)
    assert far.site.jobgate("apply").code == 0
    far.arrived()


def test_a_rehearsal_asks_no_source(story: Story) -> None:
    """It shows secrets by name, and works where there are none to be had."""
    story.file.unlink()
    told = story.site.jobgate("apply", "--dry-run", "--format", "json")
    assert told.code == 0, told.err
    assert '{"secret":"by_file"}' in told.out
    assert not (story.site.root / "inherited").exists()
    story.nowhere(told)


def test_a_bug_reports_no_value(story: Story) -> None:
    """Not even one that fails with the whole request in its words, as it is and decoded."""
    code = (
        "import base64, sys\n"
        "from runner.platforms import embedded\n"
        "def fails(self, body):\n"
        "    raise KeyError(body, base64.b64decode(body['script_param']), body['script_param'])\n"
        "embedded.Embedded.create = fails\n"
        "from runner.cli import program; sys.exit(program.run(sys.argv[1:]))"
    )
    done = subprocess.run(
        (sys.executable, "-c", code, "apply"),
        cwd=story.site.repository,
        env=story.site.environment() | {"PYTHONPATH": str(sites.HERE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 70
    assert "this is a bug in jobgate" in done.stderr
    assert "KeyError: (" in done.stderr
    story.nowhere(sites.Ended(code=70, out=done.stdout, err=done.stderr))


def test_a_killed_runner_leaves_nothing_behind(story: Story) -> None:
    """At whatever step it is killed; the next one goes on, and the script runs once."""
    said: list[Ended] = []
    for step in range(1, 7):
        process = story.site.spawn(str(step), module="tests.killed")
        out, err = process.communicate(timeout=60)
        said.append(sites.Ended(code=process.returncode, out=out, err=err))
    assert {each.code for each in said} == {-signal.SIGKILL}
    said.append(story.site.jobgate("apply"))
    assert said[-1].code == 0, said[-1].err
    story.arrived()
    assert (story.site.root / "counter").read_text() == "ran 3\n"
    story.nowhere(*said)


# ---------------------------------------------------------------- what scripts print


def test_what_a_script_printed_is_withheld(story: Story) -> None:
    """Another process does not know what to hide in it, and says so."""
    assert story.site.jobgate("apply").code == 0
    for words in (("logs", "count"), ("logs", "count", "--follow")):
        withheld = story.site.jobgate(*words)
        assert (withheld.code, withheld.out) == (1, "")
        assert "it was given secrets (by_command, by_file, by_variable)" in withheld.err
        assert "--redact" in withheld.err


@pytest.mark.parametrize("more", [(), ("--follow",), ("--format", "json"), ("--host", LABEL)])
def test_what_a_script_printed_is_shown_without_the_values(
    story: Story, more: tuple[str, ...]
) -> None:
    """Where the sources give them again, every form that the script printed is taken out."""
    assert story.site.jobgate("apply").code == 0
    shown = story.site.jobgate("logs", "count", "--redact", *more)
    assert shown.code == 0, shown.err
    assert "raw ******" in shown.out
    assert "over" in shown.out
    assert shown.out.count("******") >= 15
    assert "one that was changed since the job ran is not" in shown.err
    story.nowhere(shown)


def test_without_the_sources_nothing_is_shown(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a line of it, though only one of three could not be fetched."""
    assert story.site.jobgate("apply").code == 0
    monkeypatch.delenv(VARIABLE)
    withheld = story.site.jobgate("logs", "count", "--redact")
    assert (withheld.code, withheld.out) == (9, "")
    assert f"the variable {VARIABLE} is not set" in withheld.err
