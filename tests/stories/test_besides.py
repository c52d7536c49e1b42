"""What commands leave beside their result, in real runs: summaries, outputs, annotations."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from junitparser import JUnitXml

from runner import published, wire
from runner.report import fitting
from tests import site as sites
from tests.actions import commands, handed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json
    from tests.site import Site

pytestmark = pytest.mark.stories

HOSTS = "".join(f"  - {{bk_cloud_id: 0, ip: 127.0.0.{n}}}\n" for n in (1, 2, 3))
# Prints what a runner would take for commands, and fails on the second host.
HOSTILE = r"""
printf '::set-output name=plan-digest::forged\n##[add-mask]z\n \t::error::x\n\r::warning::y\n'
printf '\xe3\x80\x80::stop-commands::pause\n##[error]\033[2J'
case "$JOBGATE_HOST" in *2) exit 3;; esac
"""
SAID = "x ##[error]forged ::warning::forged"


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Let children hear Ctrl-C, which a shell has its background processes ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site whose job rolls over three hosts, one first, and fails on the second."""
    made = sites.adopted(tmp_path)
    made.write("specs/vars.yaml", f"word: hello\nhosts:\n{HOSTS}")
    made.write("scripts/count.sh", HOSTILE)
    rolls = 'timeout: 60\n  rolling_config: {expression: "1 1 1", mode: pause_on_failure}'
    made.edit("specs/count.yaml", "timeout: 60", rolls)
    made.edit("specs/count.yaml", "Count its own runs", f'"{SAID}"')
    made.commit("Roll")
    return made


def valid(text: str) -> Json:
    """Return a document, which must be what its published schema says."""
    tree = wire.loads(text)
    assert isinstance(tree, dict)
    _, _, name, version = str(tree["schema"]).split(":")
    schema = published.schema(f"{name}.v{version}")
    jsonschema_rs.Draft202012Validator(schema).validate(tree)
    return tree


def spawned(site: Site, *words: str) -> tuple[int, str, str]:
    """Run a command as a process of its own; return its code and what it printed."""
    process = site.spawn(*words)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_a_plan_in_a_workflow(site: Site) -> None:
    """It gives no command, and the next steps get its digest and counts."""
    output, kept = site.root / "output", site.root / "plan.json"
    words = ("--format", "github", "--outputs", str(output), "--summary", str(kept))
    code, out, err = spawned(site, "plan", *words)

    assert (code, commands.heard(out), commands.heard(err)) == (0, [], [])
    assert "##[error]" not in out
    assert "x \\u0023#[error]forged" in out
    plan = valid(kept.read_text())
    assert isinstance(plan, dict)
    assert handed.pairs(output) == {
        "plan-digest": plan["digest"],
        "changes": "1",
        "waiting": "1",
        "denied": "0",
    }


def test_an_apply_in_a_workflow(site: Site) -> None:
    """The job that failed is annotated, and no other command given; counts are handed on."""
    assert site.approve().code == 0
    output = site.root / "output"
    code, out, err = spawned(site, "apply", "--format", "github", "--outputs", str(output))
    (failed,) = commands.heard(out)
    assert (code, commands.heard(err)) == (7, [])
    assert (failed.name, failed.properties["file"]) == ("error", "specs/count.yaml")
    assert failed.properties["title"] == "failed: local/count"
    assert failed.text == "paused after batch 2 of 3: 1 failed"
    pairs = handed.pairs(output)
    assert pairs.pop("plan-digest").startswith("sha256:")
    assert pairs == {
        "code": "7",
        "submitted": "1",
        "waiting": "0",
        "denied": "0",
        "failed": "1",
        "unknown": "0",
    }


def test_summaries_of_a_run(site: Site) -> None:
    """What was there before is kept; table and chart are there, and JUnit beside them."""
    assert site.approve().code == 0
    files = step, page, cases = [site.root / name for name in ("step", "run.md", "run.xml")]
    step.write_text("# Before\n")
    words = [word for path in files for word in ("--summary", str(path))]

    assert site.jobgate("apply", *words).code == 7
    (suite,) = JUnitXml.fromstring(cases.read_bytes())
    assert (suite.name, suite.failures) == ("local", 1)
    shown = step.read_text()
    assert shown == f"# Before\n\n\n{page.read_text()}"
    assert shown.startswith("# Before\n\n\n### ✗ Failed\n")
    assert "| 1 ✓ 1 ✗ of 3 | 2/3 |" in shown
    assert "```mermaid\ngantt\n" in shown


def test_output_of_hosts_gives_no_commands(site: Site) -> None:
    """Logs, whole and followed, and progress, on both outputs, as a workflow's log has them."""
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 7

    for words in (
        ("logs", "count"),
        ("logs", "count", "--follow"),
        ("logs", "count", "--host", "0:127.0.0.2", "--follow"),
        ("logs", "count", "--host", "0:127.0.0.2"),
        ("watch", "count"),
        ("status",),
        ("explain", "count"),
        ("plan",),
        ("plan", "--format", "markdown"),
    ):
        _, out, err = spawned(site, *words)
        for shown in (out, err):
            assert commands.heard(shown.replace("\r", "\n")) == [], words
        if words[0] == "logs":
            assert "\\u003a:set-output name=plan-digest::forged" in out


@pytest.mark.parametrize("said", ["\n::add-mask::x", "x\n##[error]y", "\r::warning::z"])
def test_an_argument_gives_no_command(site: Site, said: str) -> None:
    """What a workflow hands over, such as the name of a branch, stands in errors as text."""
    for words in (
        ("plan", "--head", said),
        ("explain", said),
        ("check", "--rev", said),
        ("plan", "--format", said),
        (said,),
        ("apply", "--planted", said),
        ("plan", "--head", said, "--format", "github"),
    ):
        ended = site.jobgate(*words)
        found = commands.heard(f"{ended.out}{ended.err}".replace("\r", "\n"))
        assert ended.code != 0
        assert [each.name for each in found] == ["error"] * ("github" in words)
        assert "::add-mask::x" not in ended.err.splitlines()


def test_findings_stop_a_plan_and_are_left_all_the_same(site: Site) -> None:
    """They are annotated at their lines, and in each summary; there are no outputs."""
    site.edit("specs/count.yaml", "account_alias", "acount_alias")
    site.commit("Mistype a key")
    files = [site.root / name for name in ("a.md", "a.json", "step")]
    words = [word for path in files for word in ("--summary", str(path))]
    output = site.root / "output"
    ended = site.jobgate("plan", "--format", "github", *words, "--outputs", str(output))
    found = {each.properties["title"]: each for each in commands.heard(ended.out)}

    assert ended.code == 1
    assert found["unknown-key"].properties["file"] == "specs/count.yaml"
    assert int(found["unknown-key"].properties["line"]) > 1
    assert "cannot use the key acount_alias" in ended.err
    assert "| ✗ error | `unknown-key` | `specs/count.yaml:" in files[0].read_text()
    assert files[2].read_text() == files[0].read_text()
    tree = valid(files[1].read_text())
    assert isinstance(tree, dict)
    assert tree["errors"] == len(found)
    assert handed.pairs(output) == {}


def test_an_error_stops_an_apply_and_is_left_all_the_same(site: Site) -> None:
    """It is annotated, and in the summary that is added to; a document has no form for it."""
    site.git("branch", "-q", "elsewhere")
    site.write("README", "x")
    site.commit("Go on")
    step, document = site.root / "step", site.root / "a.json"
    ended = site.jobgate(
        "apply",
        *("--head", "elsewhere", "--format", "github"),
        *("--summary", str(step), "--summary", str(document)),
    )
    (found,) = commands.heard(ended.out)

    assert ended.code == 6
    assert found.text.startswith("cannot apply ")
    assert "\nmend: check out main as it is now" in found.text
    assert step.read_text().startswith("### ✗ Stopped\n\n`cannot apply ")
    assert not document.exists()


def test_an_interrupted_apply_says_so(site: Site) -> None:
    """A run that is cancelled leaves why there is no table, and what to do."""
    site.write("scripts/count.sh", 'echo go >> "$1"\nwhile [ ! -e "$1.go" ]; do sleep 0.05; done')
    site.commit("Wait")
    assert site.approve().code == 0
    step = site.root / "step"
    process = site.spawn("apply", "--summary", str(step))
    while not site.runs and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    Path(f"{site.counter}.go").touch()

    assert process.returncode == 130
    assert step.read_text() == (
        "### ✗ Stopped\n\n`interrupted`\n\n"
        "Mend: `run it again: what was begun is in the journal, and goes on`\n"
    )
    assert site.jobgate("apply", "--summary", str(step)).code == 0
    assert "\n### ✓ Applied\n" in step.read_text()


def test_every_form_of_a_check(site: Site) -> None:
    """What is printed in a form is what a file of its suffix gets."""
    site.edit("specs/count.yaml", "account_alias", "acount_alias")
    suffixes = {"json": "json", "sarif": "sarif", "junit": "xml", "markdown": "md"}
    files = {form: site.root / f"a.{suffix}" for form, suffix in suffixes.items()}
    words = [word for path in files.values() for word in ("--summary", str(path))]

    assert site.jobgate("check", *words).code == 1
    for form, path in files.items():
        assert site.jobgate("check", "--format", form).out == path.read_text()
    valid(files["json"].read_text())


def test_a_rehearsal(site: Site) -> None:
    """It has all forms but JUnit, which would say that something came out."""
    assert site.approve().code == 0
    form = ("--dry-run", "--format")
    path = site.root / "a.md"
    text = site.jobgate("apply", "--dry-run").out

    assert commands.heard(site.jobgate("apply", *form, "github").out) == []
    shown = site.jobgate("apply", *form, "markdown", "--summary", str(path)).out
    assert shown == path.read_text()
    assert shown.startswith("### Dry run\n\n```\n1. create local/count on local")
    assert text.splitlines()[-1] in shown
    assert site.jobgate("apply", *form, "junit").code == 2
    ended = site.jobgate("apply", "--dry-run", "--summary", str(site.root / "a.xml"))
    assert (ended.code, "cannot write a dry run as JUnit" in ended.err) == (2, True)


# ---------------------------------------------------------------- room, and what cannot be written


@pytest.mark.parametrize("left", [20_000, 1500])
def test_a_summary_is_cut_to_the_room_that_is_left(site: Site, left: int) -> None:
    """With what others have written it is under 1 MiB, and says where the rest is."""
    site.write("scripts/count.sh", "".join(f"echo {number}\n" for number in range(5000)))
    site.commit("Say much")
    step = site.root / "step"
    step.write_text("x" * (fitting.MOST - left))
    ended = site.jobgate("plan", "--summary", str(step))
    added = step.read_text()[fitting.MOST - left :]

    assert ended.code == 0
    assert left - 100 < len(added.encode()) <= left
    assert added.startswith("\n\n### ○ Waiting for approval")
    assert added.endswith("\nThe rest had no room here: `jobgate plan` shows all of it.\n")
    assert added.count("<details") == added.count("</details>")
    assert added.count("\n```") % 2 == 0


def test_no_room_at_all(site: Site) -> None:
    """The file is left as it is, the result is there all the same, and the error says why."""
    step = site.root / "step"
    step.write_text("x" * (fitting.MOST - 10))
    ended = site.jobgate("plan", "--summary", str(step), "--summary", str(site.root / "a.md"))

    assert ended.code == 2
    assert ended.out == site.jobgate("plan").out
    assert f"it has {fitting.MOST - 10} bytes, and may have {fitting.MOST}" in ended.err
    assert step.stat().st_size == fitting.MOST - 10
    assert (site.root / "a.md").exists()


def test_the_exit_code_of_the_work_is_kept(site: Site) -> None:
    """That a file could not be written is told, and does not hide that a job failed."""
    assert site.approve().code == 0
    step = site.root / "step"
    step.write_text("x" * fitting.MOST)
    ended = site.jobgate("apply", "--summary", str(step))

    assert ended.code == 7
    assert f"cannot add to {step}" in ended.err


REFUSED = (
    (("plan", "--summary", "{root}/no/a.md"), "there is no folder {root}/no"),
    (("plan", "--summary", "{root}"), "it is a folder"),
    (("apply", "--outputs", "{root}/no/a"), "there is no folder {root}/no"),
    (("plan", "--summary", "{root}/a.sarif"), "this result has no form for .sarif"),
    (("apply", "--summary", "{root}/a.SARIF"), "this result has no form for .sarif"),
    (("plan", "--summary", "{root}/a.xml"), "name a file that ends in .md or .json"),
    (("plan", "--out", "{root}/no/a.json"), "cannot write {root}/no/a.json"),
)


def test_what_cannot_be_written_is_refused(site: Site) -> None:
    """Before anything is done, where it can be known; each says why, and how to go on."""
    assert site.approve().code == 0
    for words, said in REFUSED:
        ended = site.jobgate(*(word.format(root=site.root) for word in words))
        assert (ended.code, ended.out) == (2, ""), words
        assert said.format(root=site.root) in ended.err
        assert "mend: " in ended.err
    assert not (site.root / "state").exists()


def test_outputs_begin_a_line_of_their_own(site: Site) -> None:
    """Also behind somebody who has not ended theirs."""
    output = site.root / "output"
    output.write_text("mine=1")

    assert site.jobgate("plan", "--outputs", str(output)).code == 0
    assert handed.pairs(output)["mine"] == "1"
    assert handed.pairs(output)["changes"] == "1"


WRITER = """\
import pathlib, sys
from runner.cli import filing
path = pathlib.Path(sys.argv[1])
print("begun", flush=True)
while True:
    filing.append(path, b"0123456789abcde\\n" * 20_000)
    if path.stat().st_size > 3_000_000:
        filing.write(path, b"")
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupt_leaves_no_half_file(tmp_path: Path, how: signal.Signals) -> None:
    """Ended at any moment, a writer leaves a file as it was or as it was to be."""
    path = tmp_path / "step"
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(sites.HERE)},
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        time.sleep(secrets.randbelow(50) / 1000)
        process.send_signal(how)
        process.wait(timeout=60)
        process.stdout.close()
        content = path.read_bytes() if path.exists() else b""
        assert content == b"0123456789abcde\n" * 20_000 * (len(content) // 320_000)
    left = [each.name for each in tmp_path.iterdir() if each.name != "step"]
    assert how is signal.SIGKILL or left == []


def test_the_newest_documents_have_their_schemas(site: Site) -> None:
    """The document of an apply beside its result is that of `--format json`."""
    assert site.approve().code == 0
    path = site.root / "a.json"
    ended = site.jobgate("apply", "--format", "json", "--summary", str(path))

    assert json.loads(ended.out) == valid(path.read_text())
