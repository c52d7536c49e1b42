"""What `check` shows: specs of a tree or a commit, and raw requests, in every form."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import narrow, published
from runner.cli import program
from tests import fragments
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json

pytestmark = pytest.mark.stories

BROKEN = """\
specs/count.yaml:13:3: cannot use the key acount_alias: it is not known here; did you mean \
account_alias? [unknown-key]
   13 |   acount_alias: operator
      |   ^~~~~~~~~~~~
mend: write account_alias
"""


@pytest.fixture
def site(tmp_path: Path) -> sites.Site:
    """Return a site with an adopted ledger, and a mistyped key that is committed."""
    made = sites.adopted(tmp_path)
    made.edit("specs/count.yaml", "account_alias", "acount_alias")
    made.commit("Mistype a key")
    return made


def request(**changes: Json) -> str:
    """Return a request body as text, indented, with members put in."""
    return json.dumps({**fragments.REQUEST, **changes}, indent=2)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run a command in this process; return its code and what it printed."""
    code = program.run(words)
    return code, capsys.readouterr().out


def test_the_line_is_that_of_the_tree_that_was_read(site: sites.Site) -> None:
    """A finding in a commit shows the commit's text, whatever the working tree holds by then."""
    checked = site.jobgate("check")
    assert checked.code == 1
    assert BROKEN in checked.out

    site.write("specs/count.yaml", "# nothing of it is left\n")
    assert BROKEN not in site.jobgate("check").out
    assert BROKEN in site.jobgate("check", "--rev", "HEAD").out


@pytest.mark.parametrize("words", [("plan",), ("apply",), ("render",)])
def test_whoever_stops_shows_the_same(site: sites.Site, words: tuple[str, ...]) -> None:
    """Each command that findings stand in the way of shows them as `check` does, on stderr."""
    ended = site.jobgate(*words)

    assert ended.code == 1
    assert BROKEN in ended.err


def test_annotations_and_sarif_of_a_tree(site: sites.Site) -> None:
    """The other forms tell the same finding at the same place."""
    annotated = site.jobgate("check", "--format", "github")
    assert annotated.code == 1
    assert (
        "::error file=specs/count.yaml,line=13,endLine=13,col=3,endColumn=15,title=unknown-key::"
    ) in annotated.out
    sarif = site.jobgate("check", "--format", "sarif")
    assert sarif.code == 1
    (ran,) = narrow.items(sarif.tree, "runs")
    rules = [narrow.text(each, "ruleId") for each in narrow.items(ran, "results")]
    assert rules == ["one-of", "unknown-key"]


# ---------------------------------------------------------------- requests


def test_a_request_that_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A request needs no repository, and one that is right counts as a job."""
    path = tmp_path / "body.json"
    path.write_text(request(task_name="x" * 512))

    assert run(capsys, "check", "--request", str(path)) == (
        0,
        "Check: 1 job, 0 errors, 0 warnings.\n",
    )


def test_a_request_that_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its findings stand at lines and columns of the JSON text."""
    path = tmp_path / "body.json"
    path.write_text(request(timeout=0, acount_alias="root"))

    code, out = run(capsys, "check", "--request", str(path))
    assert code == 1
    message = "cannot take 0 as timeout: it must be a whole number from 1 to 259200"
    assert out.splitlines()[:4] == [
        f"{path}:15:14: {message} [out-of-range]",
        '   15 |   "timeout": 0,',
        "      |              ^",
        "mend: write a whole number from 1 to 259200",
    ]
    assert out.endswith("Check: 2 errors, 0 warnings.\n")

    code, out = run(capsys, "check", "--request", str(path), "--format", "json")
    tree: Json = json.loads(out)
    assert code == 1
    assert jsonschema_rs.is_valid(published.schema("findings.v1"), tree)
    assert [
        (narrow.text(each, "rule"), narrow.integer(each, "line", default=0))
        for each in narrow.items(tree, "findings")
    ] == [("out-of-range", 15), ("unknown-key", 16)]


def test_a_request_from_stdin(tmp_path: Path) -> None:
    """`-` is standard input, also for bytes that are no text of this machine's language."""
    body = json.dumps({**fragments.REQUEST, "task_name": "作业 \U0001f600"}, ensure_ascii=False)
    words = (sys.executable, "-m", "runner", "check", "--request", "-", "--format", "json")
    for content, code, rules in (
        (body.encode(), 0, []),
        (request(script_content="?").encode(), 1, ["strict-base64"]),
        (b"\xff", 1, ["not-utf8"]),
        (b"", 1, ["empty-document"]),
    ):
        done = subprocess.run(
            words,
            input=content,
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=60,
            env={"PYTHONPATH": str(sites.HERE), "PATH": "", "LC_ALL": "C"},
        )
        assert done.returncode == code, done.stderr
        tree: Json = json.loads(done.stdout)
        found = narrow.items(tree, "findings")
        assert [narrow.text(each, "rule") for each in found] == rules
        assert {narrow.text(each, "file") for each in found} <= {"-"}


@pytest.mark.parametrize(
    ("form", "word"),
    [("text", "warning: "), ("github", "::warning "), ("sarif", '"warning"'), ("json", "warning")],
)
def test_a_request_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, word: str
) -> None:
    """Warnings do not count, and come in every form."""
    path = tmp_path / "body.json"
    path.write_text(request(script_param="YQpi"))
    code, out = run(capsys, "check", "--request", str(path), "--format", form)

    assert code == 0
    assert word in out


def test_a_request_and_a_commit(capsys: pytest.CaptureFixture[str]) -> None:
    """A request is of no commit: asking for both, or for a file that is not there, ends with 2."""
    assert program.run(["check", "--request", "-", "--rev", "HEAD"]) == 2
    assert "exclude one another" in capsys.readouterr().err
    assert program.run(["check", "--request", "no-such-file"]) == 2
