"""The plan on its pull request: one comment that is kept up, and one status, over a real forge."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from runner.report.comment import comment
from tests import published, reviewed
from tests import site as sites
from tests.forge import double, writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.forge.state import Pull
    from tests.reviewed import Desk

pytestmark = pytest.mark.stories

BOT = "github-actions[bot]"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a site to copy."""
    return reviewed.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def desk(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Return a site beside a forge, as a workflow's commands are run."""
    with reviewed.running(tmp_path, made) as running:
        for name, value in published.environment(running.forge).items():
            monkeypatch.setenv(name, value)
        yield running


def written(desk: Desk) -> list[str]:
    """Return the methods of what was written, in order."""
    return [f"{each.method} {each.path.rpartition('/')[2]}" for each in published.writes(desk)]


def lights(desk: Desk) -> list[tuple[str, str]]:
    """Return the states that were given, and what was said beside them."""
    return [(each.state, each.description or "") for each in desk.forge.statuses]


# ---------------------------------------------------------------- what is said


def test_a_comment_and_a_status(desk: Desk) -> None:
    """The plan stands on the pull request, and the commit waits for who may approve it."""
    pull = desk.propose()
    ended = published.publish(desk, pull)

    (said,) = pull.comments
    (status,) = desk.forge.statuses
    head = desk.forge.head(pull)
    assert (ended.code, ended.err) == (0, ""), ended.err
    assert said.by.login == BOT
    assert said.body.startswith(f"{comment.MARKER}\n### ○ Waiting for approval")
    assert "local/count" in said.body
    assert ended.out.startswith(f"Plan of {head[:12]}")
    assert (status.commit, status.context, status.link) == (head, "jobgate/plan", published.LINK)
    assert lights(desk) == [("pending", "waits for reviewer (local/count)")]
    assert len(published.writes(desk)) == 2


def test_the_same_comment_is_edited(desk: Desk) -> None:
    """A push and an approval change the one comment that there is; nothing new changes nothing."""
    pull = desk.propose()
    published.publish(desk, pull)
    before = pull.comments[0].body
    desk.forge.change("topic", {"specs/count.yaml": desk.spec(run=7)})
    published.publish(desk, pull)
    pushed = pull.comments[0].body
    assert desk.site.approve(head=desk.forge.head(pull)).code == 0
    published.publish(desk, pull)
    approved = pull.comments[0].body
    again = published.publish(desk, pull)

    assert [each.edited for each in pull.comments] == [2]
    assert len({before, pushed, approved}) == 3
    assert "### ✓ Approved" in approved
    assert (pull.comments[0].body, again.code) == (approved, 0)
    assert [state for state, _ in lights(desk)] == ["pending", "pending", "success", "success"]
    assert lights(desk)[-1][1] == "approved: 1 change"


def test_only_what_the_pull_request_brings(desk: Desk) -> None:
    """What stands on the branch already is counted; the status is of what is shown."""
    desk.forge.change(
        "main", {"specs/other.yaml": desk.spec().replace("name: count", "name: other")}
    )
    desk.site.git("fetch", "-q", "origin", "main")
    desk.forge.change("topic", {"README.md": "words\n"})
    pull = desk.forge.open("author", "topic")
    published.publish(desk, pull)

    assert "1 change that is not of this pull request" in pull.comments[0].body
    assert lights(desk) == [("success", "nothing to run")]


def test_mistakes(desk: Desk) -> None:
    """What keeps a commit from having a plan stands at its line; the mended one has a plan."""
    pull = desk.propose(more={"specs/bad.yaml": "apiVersion: jobgate/v1\nkind: ScriptJob\n"})
    summary = desk.site.root / "summary.md"
    ended = published.publish(desk, pull, "--summary", str(summary), "--format", "github")
    wrong = pull.comments[0].body
    desk.forge.change("topic", {"specs/bad.yaml": desk.spec().replace("name: count", "name: good")})
    mended = published.publish(desk, pull)

    assert (ended.code, mended.code) == (1, 0)
    assert "### ✗ No plan" in wrong
    assert "specs/bad.yaml" in wrong
    assert "::error file=specs/bad.yaml" in ended.out
    assert "specs/bad.yaml:1:1" in ended.err
    assert "specs/bad.yaml" in summary.read_text()
    assert len(pull.comments) == 1
    assert "### ○ Waiting" in pull.comments[0].body
    (state, said), (later, _) = lights(desk)
    assert (state, later) == ("failure", "pending")
    assert "errors, first at specs/bad.yaml:1: " in said


def test_what_a_clause_denies(desk: Desk) -> None:
    """The status fails where nobody's consent would help."""
    text = desk.spec().replace("  run: 1\n", '  run: 1\n  expires: "2026-01-01"\n')
    desk.forge.change("topic", {"specs/count.yaml": text})
    pull = desk.forge.open("author", "topic")
    ended = published.publish(desk, pull)

    assert ended.code == 0
    assert lights(desk) == [("failure", "denied: local/count by expires: it expired on 2026-01-01")]


def test_what_has_no_room(desk: Desk) -> None:
    """The comment fits, and names the artefact by the SHA-256 that it has."""
    specs = {
        f"specs/job{number:03}.yaml": desk.spec().replace("count\n", f"job{number:03}\n")
        for number in range(90)
    }
    desk.forge.change("topic", specs)
    pull = desk.forge.open("author", "topic")
    artefact, outputs = desk.site.root / "plan.md", desk.site.root / "outputs"
    words = ("--artefact", str(artefact), "--outputs", str(outputs))
    ended = published.publish(desk, pull, *words)

    body, rest = pull.comments[0].body, artefact.read_bytes()
    assert ended.code == 0, ended.err
    assert len(body) <= 65_536
    assert hashlib.sha256(rest).hexdigest() in body
    assert published.LINK in body
    assert all(f"local/job{number:03}" in rest.decode() for number in range(90))
    assert "changes<<" in outputs.read_text()


def test_what_has_room_leaves_no_artefact(desk: Desk) -> None:
    """There is a file only where there is a rest."""
    pull, artefact = desk.propose(), desk.site.root / "plan.md"
    published.publish(desk, pull, "--artefact", str(artefact))

    assert not artefact.exists()


@pytest.mark.parametrize("form", ["json", "markdown", "github"])
def test_the_result_is_that_of_plan(desk: Desk, form: str) -> None:
    """One process gives what two would: the plan on stdout, and beside."""
    pull = desk.propose()
    summary = desk.site.root / "summary"
    ended = published.publish(desk, pull, "--format", form, "--summary", str(summary))
    words = ("--head", desk.forge.head(pull), "--base", "origin/main", "--format", form)
    planned = desk.site.jobgate("plan", *words)

    assert ended.code == planned.code == 0
    if form != "github":  # that has a word which is drawn
        assert ended.out == planned.out
    assert "local/count" in ended.out
    assert "### ○ Waiting for approval" in summary.read_text()


# ---------------------------------------------------------------- whose comment it is


def test_a_strangers_marker(desk: Desk) -> None:
    """A comment with our marker by somebody else, or ours without it, is left alone."""
    pull = desk.propose()
    desk.forge.largest = 2  # ours is on the third page
    others = [
        desk.forge.comment(pull, "eve", f"{comment.MARKER}\n### ✓ Approved"),
        desk.forge.comment(pull, "evil[bot]", f"{comment.MARKER}\n### ✓ Approved"),
        desk.forge.comment(pull, BOT, "Coverage is fine"),
        desk.forge.comment(pull, BOT, f"Coverage\n{comment.MARKER}"),
        desk.forge.comment(pull, "ghost", f"{comment.MARKER}\ngone"),
    ]
    desk.forge.gone("ghost")
    before = [each.body for each in others]
    published.publish(desk, pull)
    published.publish(desk, pull)

    assert [each.body for each in others] == before
    assert [each.edited for each in pull.comments] == [0] * 6
    assert pull.comments[-1].body.startswith(f"{comment.MARKER}\n### ○ Waiting")


def test_two_of_ours(desk: Desk) -> None:
    """Where two runs made one each, the older one is kept up and the other one points at it."""
    pull = desk.propose()
    for _ in range(2):
        desk.forge.comment(pull, BOT, f"{comment.MARKER}\nold")
    first, second = pull.comments
    published.publish(desk, pull)
    published.publish(desk, pull)

    assert first.body.startswith(f"{comment.MARKER}\n### ○ Waiting")
    assert f"#issuecomment-{first.number})" in second.body
    assert second.body.startswith(comment.MARKER)
    assert [first.edited, second.edited, len(pull.comments)] == [1, 1, 2]


def test_two_at_one_time(desk: Desk) -> None:
    """Two runs that begin together leave one comment with the plan, whichever was first."""
    pull = desk.propose()
    desk.site.git("fetch", "-q", "origin", f"refs/pull/{pull.number}/head")
    words = ("publish", "--pull", str(pull.number), "--head", desk.forge.head(pull))
    runs = [desk.site.spawn(*words) for _ in range(2)]
    ended = [(*run.communicate(timeout=120), run.returncode) for run in runs]

    assert [code for _, _, code in ended] == [0, 0], ended
    shown = [each for each in pull.comments if "### ○ Waiting" in each.body]
    assert shown == pull.comments[:1]
    assert all("an older comment" in each.body for each in pull.comments[1:])


@pytest.mark.parametrize("speaks", ["ann", "my-app[bot]"])
def test_other_tokens(desk: Desk, speaks: str) -> None:
    """Who writes is learnt from the status that was given, so that nobody has to say it."""
    desk.forge.speaks = speaks
    pull = desk.propose()
    published.publish(desk, pull)
    ended = published.publish(desk, pull)

    (said,) = pull.comments
    assert (said.by.login, ended.err) == (speaks, "")


def test_an_app_that_may_only_comment(desk: Desk) -> None:
    """It is told to name its account, and none of its comments is lost until it does."""
    desk.forge.speaks = "my-app[bot]"
    desk.forge.may = {writing.COMMENTS}
    pull = desk.propose()
    first = published.publish(desk, pull)
    second = published.publish(desk, pull)
    named = published.publish(desk, pull, "--account", "My-App[bot]")

    assert "name it by `--account my-app[bot]`" in first.err
    assert "statuses: write" not in first.err  # the mend is that of an error, which it is not
    assert "Resource not accessible by integration" in first.err
    oldest, other = pull.comments
    assert oldest.body.startswith(f"{comment.MARKER}\n### ○ Waiting")
    assert "kept up in [an older comment]" in other.body
    assert (second.code, named.code) == (0, 0)
    assert "--account" not in named.err


# ---------------------------------------------------------------- where it cannot be said


def test_a_fork(desk: Desk) -> None:
    """A token that may only read is no error: the plan is in the summary, and one line says so."""
    fork = desk.forge.fork("author")
    desk.forge.change("topic", {"specs/count.yaml": desk.spec()}, source=fork)
    pull = desk.forge.open("author", "topic", source=fork)
    desk.forge.may.clear()
    summary = desk.site.root / "summary"
    ended = published.publish(desk, pull, "--summary", str(summary))

    assert (ended.code, pull.comments, desk.forge.statuses) == (0, [], [])
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("github: cannot give ")
    assert ended.err.endswith(": the plan is not shown there\n")
    assert ended.out.startswith("Plan of ")
    assert "local/count" in summary.read_text()


def test_mistakes_in_a_fork(desk: Desk) -> None:
    """They are an error all the same, and none the less told."""
    pull = desk.propose(more={"specs/bad.yaml": "apiVersion: jobgate/v1\n"})
    desk.forge.may.clear()
    ended = published.publish(desk, pull)

    assert ended.code == 1
    assert "the plan is not shown there" in ended.err
    assert "specs/bad.yaml:1:1" in ended.err


def test_without_a_token(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow for a fork has no secret to show; that is told, and the plan is made."""
    monkeypatch.setenv("GITHUB_TOKEN", "")
    ended = published.publish(desk, desk.propose())

    assert (ended.code, ended.err.count("\n")) == (0, 1)
    assert "the variable GITHUB_TOKEN holds nothing" in ended.err
    assert ended.out.startswith("Plan of ")


@pytest.mark.parametrize("fault", ["down", "gone", "limit", "moved"])
def test_a_forge_that_does_not_take_it(desk: Desk, fault: str) -> None:
    """The plan is shown here, and then the command fails with what the forge said, and a mend."""
    desk.forge.fail("comment", *[fault] * 4)
    pull = desk.propose()
    ended = published.publish(desk, pull)

    assert ended.code == 9
    assert pull.comments == []
    assert ended.out.startswith("Plan of ")
    assert "cannot comment on pull request 1 on github: " in ended.err
    assert "\nmend: " in ended.err
    assert double.WORD not in ended.err


def test_mistakes_that_cannot_be_said(desk: Desk) -> None:
    """The mistakes are what the command ends with; that the forge is down is told."""
    desk.forge.fail("pull", *["down"] * 4)
    ended = published.publish(desk, desk.propose(more={"specs/bad.yaml": "kind: ScriptJob\n"}))

    assert ended.code == 1
    assert "github: cannot ask for pull request 1" in ended.err


def test_an_old_run(desk: Desk) -> None:
    """A run that was late leaves the comment of the newest commit, and marks its own commit."""
    pull = desk.propose()
    old = desk.forge.head(pull)
    desk.forge.change("topic", {"specs/count.yaml": desk.spec(run=7)})
    new = desk.forge.head(pull)
    published.publish(desk, pull)
    before = pull.comments[0].body
    late = published.publish(desk, pull, "--head", old)

    assert late.code == 0
    assert late.err == (
        f"github: pull request 1 is at {new[:12]} by now: the comment of {old[:12]} is not "
        "written\n"
    )
    assert [each.body for each in pull.comments] == [before]
    assert [each.commit for each in desk.forge.statuses] == [new, old]


# ---------------------------------------------------------------- lost answers, limits


@pytest.mark.parametrize("fault", ["lost", "passed"])
def test_a_comment_whose_answer_is_lost(desk: Desk, fault: str) -> None:
    """It is looked for before it is sent again, and found: there is one."""
    desk.forge.fail("comment", fault)
    pull = desk.propose()
    ended = published.publish(desk, pull)

    assert (ended.code, len(pull.comments)) == (0, 1), ended.err
    assert written(desk).count("POST comments") == 1


@pytest.mark.parametrize("fault", ["reset", "down", "half"])
def test_a_comment_that_did_not_arrive(desk: Desk, fault: str) -> None:
    """It is looked for, not found, and sent once more."""
    desk.forge.fail("comment", fault)
    pull = desk.propose()
    ended = published.publish(desk, pull)

    assert (ended.code, len(pull.comments)) == (0, 1), ended.err
    assert written(desk).count("POST comments") == 2


def test_an_edit_and_a_status_whose_answers_are_lost(desk: Desk) -> None:
    """Neither is sent twice where it arrived, and both are where they did not."""
    pull = desk.propose()
    published.publish(desk, pull)
    desk.forge.change("topic", {"specs/count.yaml": desk.spec(run=7)})
    desk.forge.fail("edit", "lost")
    desk.forge.fail("mark", "lost")
    assert published.publish(desk, pull).code == 0
    assert (pull.comments[0].edited, len(desk.forge.statuses)) == (1, 2)
    desk.forge.change("topic", {"specs/count.yaml": desk.spec(run=8)})
    desk.forge.fail("edit", "down")
    desk.forge.fail("mark", "reset")
    assert published.publish(desk, pull).code == 0

    assert (pull.comments[0].edited, len(desk.forge.statuses)) == (2, 3)


@pytest.mark.parametrize("fault", ["secondary", "later", "limit"])
def test_a_limit(desk: Desk, fault: str) -> None:
    """Who is put off for a moment waits, and then writes once."""
    desk.forge.reset = 1
    desk.forge.fail("comment", fault)
    desk.forge.fail("mark", fault)
    pull = desk.propose()
    ended = published.publish(desk, pull)

    assert (ended.code, len(pull.comments), len(desk.forge.statuses)) == (0, 1, 1), ended.err


# ---------------------------------------------------------------- where it is said


def test_options_go_before_the_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repository, address and token are those that are named."""
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/nothing")
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_0000000000000000")
    monkeypatch.setenv("MINE", double.WORD)
    pull = desk.propose()
    words = ("--forge", desk.forge.name, "--url", desk.forge.url, "--token", "MINE")
    ended = published.publish(desk, pull, *words)

    assert (ended.code, len(pull.comments)) == (0, 1), ended.err


def test_nobody_says_where(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a repository there is nothing to write to."""
    monkeypatch.delenv("GITHUB_REPOSITORY")
    ended = published.publish(desk, desk.propose())

    assert ended.code == 2
    assert "nobody says in which repository of the forge" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--url", "http://ghe.example/api/v3"), "shown over https alone"),
        (("--forge", "acme/ops/pulls"), "its repository has no name of GitHub's"),
    ],
)
def test_where_no_token_is_shown(desk: Desk, words: tuple[str, str], said: str) -> None:
    """It goes over TLS or to this machine, and to a repository."""
    ended = published.publish(desk, desk.propose(), *words)

    assert ended.code == 9
    assert said in ended.err


@pytest.mark.parametrize("words", [("--head", "HEAD"), ("--base", "HEAD"), ("--format", "json")])
def test_what_is_of_a_pull_request(desk: Desk, words: tuple[str, str]) -> None:
    """Without one, no commit is chosen and there is no plan in JSON."""
    ended = desk.site.jobgate("publish", *words)

    assert ended.code == 2
    assert "go with --pull" in ended.err


def test_a_link_that_is_none(desk: Desk) -> None:
    """A status leads to a page."""
    ended = published.publish(desk, desk.propose(), "--link", "javascript:alert(1)")

    assert ended.code == 2
    assert "it must begin with https://" in ended.err


# ---------------------------------------------------------------- before the ledger begins


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github"])
def test_no_ledger_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """The pull request is told how to begin, and nothing fails."""
    (tmp_path / "site").mkdir()
    site = sites.make(tmp_path / "site", remote=True)
    with double.running(tmp_path, repository=site.root / "remote.git") as forge:
        for name, value in published.environment(forge).items():
            monkeypatch.setenv(name, value)
        desk = reviewed.Desk(site=site, forge=forge)
        pull: Pull = desk.propose()
        summary = site.root / "summary"
        words = ("--summary", str(summary), "--format", form)
        ended = published.publish(desk, pull, *words)

        assert ended.code == 0, ended.err
        assert pull.comments[0].body.startswith(f"{comment.MARKER}\n### ○ No ledger yet")
        assert "jobgate adopt" in pull.comments[0].body
        assert lights(desk)[0][0] == "pending"
        assert "### ○ No ledger yet" in summary.read_text()
        assert "1 of this commit" in (ended.err if form == "json" else ended.out)
        assert json.loads(ended.out or "{}") == {} if form == "json" else ended.err == ""
