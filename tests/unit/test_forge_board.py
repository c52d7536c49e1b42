"""Writing over a real socket: what is sent, that it is sent once, and what comes of a no."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from runner.calls import Terms
from runner.errors import ForgeError, NoWritingError, UnansweredError
from runner.forges.board import GitHubBoard
from runner.forges.tokens import Token
from runner.model import Commit
from runner.posted import Account, CommitStatus
from runner.terms import ForgeEntry
from tests import scripted
from tests.scripted import Act

if TYPE_CHECKING:
    from runner.model import Json
    from tests.scripted import Scripted

VARIABLE = "FORGE_TOKEN"
WORD = "ghs_" + "16C7e42F" * 4
TERMS = Terms(connect=5.0, read=10.0, pause=0.5, patience=65.0)
HASTY = Terms(connect=5.0, read=0.2, pause=0.5)
HEAD = Commit("1" * 40)
SAID: dict[str, Json] = {
    "id": 90,
    "user": {"login": "github-actions[bot]", "type": "Bot"},
    "body": "said",
    "issue_url": "https://api.example/repos/acme/ops/issues/7",
    "html_url": "https://forge.example/acme/ops/pull/7#issuecomment-90",
}
MADE = scripted.tree(SAID, 201)


class Waits(list[float]):
    """Boards that note how long they would have waited."""

    def board(self, url: str, terms: Terms = TERMS) -> GitHubBoard:
        """Return a board at an address."""
        entry = ForgeEntry(name="github", url=url, repository="acme/ops", token=VARIABLE)
        token = Token(entry, {VARIABLE: WORD}, lambda _: None)
        return GitHubBoard(entry, token, terms=terms, wait=self.append)


def fails(
    server: Scripted, kind: type[ForgeError] = ForgeError, terms: Terms = TERMS
) -> ForgeError:
    """Return the error that commenting ends with."""
    board = Waits().board(server.url, terms)
    with pytest.raises(ForgeError) as raised:
        board.comment(7, f"said {WORD}")
    board.close()
    assert type(raised.value) is kind
    assert raised.value.message.startswith("cannot comment on pull request 7 on github: ")
    assert WORD not in f"{raised.value.message}{raised.value.mend}"
    assert raised.value.mend
    assert raised.value.exit_code == 9
    return raised.value


def test_what_goes_over_the_wire() -> None:
    """A comment is posted, and patched; a status is of a commit; each as JSON, with the token."""
    status = scripted.tree({"creator": SAID["user"]}, 201)
    with scripted.served(MADE, scripted.tree(SAID), status, status) as server:
        board = Waits().board(f"{server.url}/api/v3/")
        assert board.comment(7, "é").number == 90
        assert board.edit(90, "said").body == "said"
        light = CommitStatus(state="pending", description="waits", link="https://x")
        by = board.mark(HEAD, light)
        board.mark(HEAD, CommitStatus(state="success", description="fine", context="c"))
        board.close()

    assert by == Account(login="github-actions[bot]", app=True)
    assert [(got.method, got.path.removeprefix("/api/v3/")) for got in server.got] == [
        ("POST", "repos/acme/ops/issues/7/comments"),
        ("PATCH", "repos/acme/ops/issues/comments/90"),
        ("POST", f"repos/acme/ops/statuses/{HEAD}"),
        ("POST", f"repos/acme/ops/statuses/{HEAD}"),
    ]
    assert [json.loads(got.content) for got in server.got] == [
        {"body": "é"},
        {"body": "said"},
        {
            "state": "pending",
            "context": "jobgate/plan",
            "description": "waits",
            "target_url": "https://x",
        },
        {"state": "success", "context": "c", "description": "fine"},
    ]
    for got in server.got:
        assert got.headers["content-type"] == "application/json"
        assert got.headers["authorization"] == f"Bearer {WORD}"
        assert got.headers["x-github-api-version"] == "2022-11-28"


@pytest.mark.parametrize(
    "act",
    [
        Act(status=502, content=b"<h1>Bad Gateway</h1>"),
        Act(status=500),
        Act(content=b'{"a": 1', promised=900, end="close"),
        Act(end="reset"),
        Act(end="silent"),
    ],
    ids=["html", "error", "short", "reset", "silent"],
)
def test_a_lost_answer_is_not_asked_for_again(act: Act) -> None:
    """It is sent once: whether it was taken is for somebody to look at who knows how."""
    with scripted.served(act, MADE) as server:
        error = fails(server, UnansweredError, HASTY)

    assert len(server.got) == 1
    assert "run it again" in error.mend


def test_too_many_requests_is_waited_for() -> None:
    """Who is put off has written nothing."""
    waits = Waits()
    turned = scripted.tree({"message": "secondary rate limit"}, 403, Retry_After="30")
    with scripted.served(turned, turned, MADE) as server:
        board = waits.board(server.url)
        assert board.comment(7, "said").number == 90
        board.close()

    assert (waits, len(server.got)) == ([30.0, 30.0], 3)


def test_a_long_wait_is_told_instead() -> None:
    """It is no matter of what the token may."""
    limit = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4000000000"}
    with scripted.served(Act(status=403, headers=limit), MADE) as server:
        assert "used up until 2096" in fails(server).message

    assert len(server.got) == 1


def test_a_forge_that_is_not_there_took_nothing() -> None:
    """So it is tried again, and then it is an error like any other."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        waits = Waits()
        board = waits.board(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ForgeError, match="it cannot be reached") as raised:
            board.comment(7, "said")

    assert type(raised.value) is ForgeError
    assert len(waits) == 3


def test_a_token_that_may_not() -> None:
    """It is another error, with the permission in its mend."""
    with scripted.served(scripted.tree({"message": f"no {WORD}"}, 403)) as server:
        error = fails(server, NoWritingError)

    assert "it answers 403: no ******" in error.message
    assert "`pull-requests: write` on acme/ops" in error.mend


@pytest.mark.parametrize(
    ("act", "part"),
    [
        (scripted.tree({"message": "Not Found"}, 404), "it answers 404: Not Found"),
        (scripted.tree({"message": "Validation Failed"}, 422), "it answers 422: Validation Failed"),
        (Act(status=301, headers={"Location": "https://x"}), "leads to https://x"),
        (Act(status=202), "it answers 202"),
        (Act(status=201, content=b"<html>"), "it is no JSON"),
        (scripted.tree([], 201), "/issue_url is not a text"),
    ],
)
def test_a_no(act: Act, part: str) -> None:
    """It comes at once, and is not sent again."""
    with scripted.served(act, MADE) as server:
        assert part in fails(server).message

    assert len(server.got) == 1


def test_a_token_is_not_shown_to_whoever_listens() -> None:
    """Neither is a comment."""
    with pytest.raises(ForgeError, match="shown over https alone"):
        Waits().board("http://ghe.example/api/v3").comment(7, "said")


def test_no_token() -> None:
    """Whoever has none to show may not write."""
    entry = ForgeEntry(
        name="github", url="https://ghe.example", repository="acme/ops", token=VARIABLE
    )
    board = GitHubBoard(entry, Token(entry, {VARIABLE: " "}, lambda _: None))
    with pytest.raises(NoWritingError, match="the variable FORGE_TOKEN holds nothing"):
        board.comment(7, "said")


# ---------------------------------------------------------------- what is read


def test_whose_the_token_is() -> None:
    """Nobody's is told of an app, which is no error; a limit is none of it."""
    no = scripted.tree({"message": "Resource not accessible by integration"}, 403)
    later = scripted.tree({"message": "secondary rate limit"}, 403, Retry_After="1")
    ann = scripted.tree({"login": "ann", "type": "User"})
    with scripted.served(no, later, ann, scripted.tree({"message": "no"}, 401)) as server:
        board = Waits().board(server.url)
        assert board.account() is None
        assert board.account() == Account(login="ann", app=False)
        with pytest.raises(ForgeError, match="cannot ask whose the token is on github"):
            board.account()
        board.close()

    assert {got.path for got in server.got} == {"/user"}


def test_the_comments_of_a_pull_request_are_all_read() -> None:
    """Else one of ours might be behind those that are; more than there can be is an error."""
    with scripted.served() as server:
        link = f'<{server.url}/again>; rel="next"'
        server.acts += [scripted.tree([SAID], Link=link)] * 60
        board = Waits().board(server.url)
        with pytest.raises(ForgeError, match="there are more than 5,000 entries") as raised:
            board.comments(7)
        board.close()

    assert server.got[0].path == "/repos/acme/ops/issues/7/comments?per_page=100"
    assert "close this pull request" in raised.value.mend


def test_of_the_newest_a_bounded_many_are_read() -> None:
    """What lies behind them is left, and is no error."""
    with scripted.served() as server:
        link = f'<{server.url}/again>; rel="next"'
        server.acts += [scripted.tree([SAID], Link=link)] * 60
        board = Waits().board(server.url)
        assert len(board.newest()) == 10
        board.close()

    assert server.got[0].path == (
        "/repos/acme/ops/issues/comments?per_page=100&sort=updated&direction=desc"
    )
    assert len(server.got) == 10


def test_of_statuses_one_page_is_read() -> None:
    """The newest come first."""
    status: Json = {"state": "pending", "context": "c", "description": None}
    with scripted.served() as server:
        link = f'<{server.url}/again>; rel="next"'
        server.acts += [scripted.tree([status], Link=link)] * 2
        board = Waits().board(server.url)
        assert len(board.statuses(HEAD)) == 1
        board.close()

    assert [got.path for got in server.got] == [
        f"/repos/acme/ops/commits/{HEAD}/statuses?per_page=100"
    ]
