"""Watching jobs and following their logs: what is told, when it ends, and what Ctrl-C does."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import narrow, published, wire
from tests import serving
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.site import Site

pytestmark = pytest.mark.stories

HOSTS = "".join(f"  - {{bk_cloud_id: 0, ip: 127.0.0.{n}}}\n" for n in (1, 2, 3))
# Says hello, and then waits until it may end.
SCRIPT = """\
printf 'hello from %s\\n\\033[2Jpart' "$JOBGATE_HOST"
echo "$JOBGATE_HOST" >> "$1"
while [ ! -e "$1.go" ]; do sleep 0.05; done
echo ' of a line'
"""


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Let children hear Ctrl-C, which a shell has its background processes ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a site whose job rolls over three hosts, two first; nothing is left running."""
    made = sites.adopted(tmp_path)
    made.write("specs/vars.yaml", f"word: hello\nhosts:\n{HOSTS}")
    made.write("scripts/count.sh", SCRIPT)
    rolls = 'timeout: 60\n  rolling_config: {expression: "2 1", mode: pause_on_failure}'
    made.edit("specs/count.yaml", "timeout: 60", rolls)
    made.commit("Roll")
    assert made.approve().code == 0
    yield made
    go(made)


def go(site: Site) -> None:
    """Let the scripts end."""
    site.counter.with_name("counter.go").touch()


def started(site: Site) -> bool:
    """Tell whether the ledger knows that the job was started."""
    return '"state":"started"' in site.jobgate("status", "--format", "json").out


def begun(site: Site) -> None:
    """Begin the job, and let the one who applied it be killed while the first batch runs."""
    with site.spawn("apply") as process:
        serving.until(lambda: len(site.runs) == 2 and started(site))
        process.kill()
        process.communicate()


def interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Interrupt a command as Ctrl-C does; return what it said."""
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    return said


def test_nothing_is_under_way(site: Site) -> None:
    """Without jobs there is nothing to tell, and a job that was never submitted is not watched."""
    idle = site.jobgate("watch")

    assert (idle.code, idle.out, idle.err) == (0, "", "nothing is under way\n")
    assert site.jobgate("watch", "count").code == 1
    assert site.jobgate("logs", "count", "--follow").code == 1
    assert site.jobgate("logs", "count", "--follow", "--format", "json").code == 2


def test_lines_until_it_is_at_rest(site: Site) -> None:
    """A line for each change, the end as the last one, and its exit code."""
    begun(site)
    with site.spawn("watch") as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        go(site)
        rest, _ = process.communicate(timeout=30)

    assert first == "local/count: batch 1/2: 0/3 hosts\n"
    assert rest.splitlines()[-1] == "local/count: succeeded: 3 of 3 hosts well"
    assert (process.returncode, len(site.runs)) == (0, 3)
    assert started(site)
    assert site.jobgate("apply").code == 0


def test_a_stream_for_machines(site: Site) -> None:
    """Each line is a document with its schema; the last one has the exit code."""
    begun(site)
    go(site)
    told = site.jobgate("watch", "--format", "jsonl")
    trees = [wire.loads(line) for line in told.out.splitlines()]
    validator = jsonschema_rs.Draft202012Validator(published.schema("progress.v1"))

    for tree in trees:
        validator.validate(tree)
    assert told.code == 0
    assert [narrow.at(tree, "rest") for tree in trees[:-1]] == [None] * (len(trees) - 1)
    assert (narrow.at(trees[-1], "rest"), narrow.at(trees[-1], "exit_code")) == ("succeeded", 0)
    assert site.jobgate("watch", "count", "--format", "jsonl").out.count("\n") == 1


def test_a_picture_on_a_terminal(site: Site) -> None:
    """It is drawn over: the cursor goes up by as many lines as there were."""
    begun(site)
    go(site)
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "runner", "watch", "-C", str(site.repository))
    environment = site.environment() | {"PYTHONPATH": str(sites.HERE), "COLUMNS": "70"}
    try:
        subprocess.run(command, stdout=theirs, env=environment, check=True)
        said = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)

    assert said.startswith("\r\x1b[J[")
    assert re.search(r"\x1b\[\d+A\r\x1b\[J", said)
    last = said.split("\x1b[J")[-1].splitlines()
    assert last == ["[####################] local/count: succeeded: 3 of 3 hosts well"]


def test_ctrl_c_ends_the_watching_and_not_the_job(site: Site) -> None:
    """In process it pauses: the batch that runs comes to its end, and the next begins later."""
    begun(site)
    with site.spawn("watch") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        _, said = interrupted(process)
    assert "the jobs were not stopped" in said
    assert "nothing more begins until somebody runs" in said

    go(site)
    time.sleep(0.5)
    assert len(site.runs) == 2
    assert site.jobgate("apply").code == 0
    assert len(site.runs) == 3


def test_logs_are_followed(site: Site) -> None:
    """Whole lines by host as they come, made harmless, each once; the end of the job is the end."""
    begun(site)
    with site.spawn("logs", "count", "--follow") as process:
        assert process.stdout is not None
        first = {process.stdout.readline() for _ in range(2)}
        go(site)
        rest, _ = process.communicate(timeout=30)
    every = sorted(rest.splitlines())

    assert first == {f"0:127.0.0.{n} | hello from 0:127.0.0.{n}\n" for n in (1, 2)}
    shown = "\\u001b[2Jpart of a line"
    assert every == [
        f"0:127.0.0.1 | {shown}",
        f"0:127.0.0.2 | {shown}",
        f"0:127.0.0.3 | {shown}",
        "0:127.0.0.3 | hello from 0:127.0.0.3",
    ]
    one = site.jobgate("logs", "count", "--follow", "--host", "0:127.0.0.3")
    assert (one.code, one.out) == (0, f"hello from 0:127.0.0.3\n{shown}\n")
    assert site.jobgate("logs", "count", "--host", "0:127.0.0.3").out == one.out


def test_ctrl_c_ends_the_following_too(site: Site) -> None:
    """As with `watch`, no job is stopped by it."""
    begun(site)
    with site.spawn("logs", "count", "--follow") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        _, said = interrupted(process)

    assert "the jobs were not stopped" in said
    go(site)
    assert site.jobgate("watch", "count").code == 0
