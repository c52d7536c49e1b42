"""Client and double against GitHub's own published description, by validators of others."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest

from runner.calls import Terms
from runner.errors import ForgeError, NoWritingError
from runner.forges.board import GitHubBoard
from runner.forges.github import GitHub
from runner.forges.tokens import Token
from runner.model import Commit
from runner.posted import Account, CommitStatus, Posted
from runner.pulls import ForgeReview
from runner.terms import ForgeEntry
from tests import repos, scripted, webserver
from tests.forge import answering, described, double

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.model import Json
    from tests.forge.double import Double
    from tests.forge.state import How

HOWS: tuple[How | None, ...] = ("merge", "squash", "rebase", None)
ERRORS = ("limit", "secondary", "hurry", "later", "moved", "leave", "gone")


def client(entry: ForgeEntry) -> GitHub:
    """Return a client that waits for nothing."""
    token = Token(entry, {double.VARIABLE: double.WORD}, lambda _: None)
    return GitHub(entry, token, terms=Terms(attempts=1), wait=lambda _: None)


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Json]]:
    """Return all that goes over the wire when everything happens that the double can do."""
    root = tmp_path_factory.mktemp("forge")
    with double.running(root) as forge:
        _acted(forge, root)
        asker = client(forge.entry)
        for _ in range(2):  # the second time by tags
            _asked(forge, asker)
        for fault in ERRORS:
            forge.fail("reviews", fault)
            with pytest.raises(ForgeError):
                asker.reviews(1)
        _written(forge)
        forge.tokens.clear()
        with pytest.raises(ForgeError):
            asker.reviews(1)
        asker.close()
        return [described.written(each) for each in forge.exchanges]


def _acted(forge: Double, root: Path) -> None:
    """Let pull requests of every kind be there, with reviews and events of every kind."""
    seed = repos.make(root / "seed")
    repos.commit(seed, {"a": "1\n"})
    repos.run(seed, "push", "-q", str(forge.repository), "main")
    forge.bot("lint[bot]")
    for number, how in enumerate(HOWS, 1):
        branch = f"topic-{number}"
        forge.change(branch, {branch: "1\n"})
        pull = forge.open("author", branch)
        for who in ("ann", "ben", "lint[bot]"):
            forge.approve(pull, who)
        forge.review(pull, "cat", "CHANGES_REQUESTED")
        forge.review(pull, "cat", "COMMENTED").commit = None
        forge.review(pull, "dan", "PENDING")
        forge.dismiss(pull, pull.reviews[0], "cat")
        forge.retarget(pull, "main", "author")
        if how is not None:
            forge.merge(pull, "ann", how)
    forge.change("fork", {"f": "1\n"}, by="eve", source=forge.fork("eve"))
    forge.open("eve", "fork", source="eve/ops").fork_gone = True
    forge.gone("eve")
    forge.gone("ben")
    forge.team("acme/sre", "ann")
    forge.team("acme/sre", "cat", state="pending")
    forge.largest = 3


def _asked(forge: Double, asker: GitHub) -> None:
    """Ask for all of it, also for what only others ask."""
    for pull in forge.pulls.values():
        asker.pulls(forge.head(pull))
        asker.reviews(pull.number)
        asker.retargeted(pull.number)
        _got(forge, f"pulls/{pull.number}/files")
        _got(forge, f"pulls/{pull.number}/commits")
    asker.pulls(Commit("0" * 40))
    for who in ("ann", "cat", "eve"):
        asker.member("acme/sre", who)


def _written(forge: Double) -> None:
    """Write all that can be written, and be refused what cannot."""
    board = GitHubBoard(
        forge.entry,
        Token(forge.entry, {double.VARIABLE: double.WORD}, lambda _: None),
        terms=Terms(attempts=1),
        wait=lambda _: None,
    )
    head = board.head(1)
    for speaks in ("github-actions[bot]", "ann"):
        forge.speaks = speaks
        assert (board.account() is None) == speaks.endswith("[bot]")
        made = board.comment(1, f"Said by {speaks}")
        assert board.edit(made.number, "Said otherwise").body == "Said otherwise"
        by = board.mark(head, CommitStatus(state="pending", description="waits", link="https://x"))
        assert by == made.by
        board.mark(head, CommitStatus(state="success", description="passes"))
    forge.comment(forge.pulls[2], "ben", "Said by somebody who left")
    _got(forge, f"issues/comments/{forge.pulls[1].comments[0].number}")
    _got(forge, f"commits/{head}/status")
    assert [each.body for each in board.comments(2)] == ["Said by somebody who left"]
    assert len(board.newest()) == 3
    assert len(board.statuses(head)) == forge.largest  # of one page
    _refused(forge, board, head)
    board.close()


def _refused(forge: Double, board: GitHubBoard, head: Commit) -> None:
    """Be refused by what is to be written, by what it is written to, and by what the token may."""
    refused: list[Callable[[], object]] = [
        lambda: board.comment(1, "x" * 65_537),
        lambda: board.edit(forge.pulls[1].comments[0].number, "x" * 65_537),
        lambda: board.mark(head, CommitStatus(state="failure", description="x" * 141)),
        lambda: board.mark(Commit("0" * 40), CommitStatus(state="error", description="x")),
        lambda: board.comment(99, "x"),
        lambda: board.edit(99, "x"),
    ]
    for each in refused:
        with pytest.raises(ForgeError, match="answers 4") as raised:
            each()
        assert type(raised.value) is ForgeError
    forge.may.clear()
    for each in refused[:3]:
        with pytest.raises(NoWritingError, match="not accessible by integration"):
            each()


def _got(forge: Double, path: str) -> None:
    web = webserver.Web(forge.root, url=forge.url)
    headers = {
        "Authorization": f"Bearer {double.WORD}",
        "User-Agent": "tests",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    reply = web.call("GET", f"/api/v3/repos/{forge.name}/{path}", headers=headers)
    assert reply.status == 200, reply.content


@pytest.mark.parametrize("name", described.NAMES)
def test_all_that_goes_over_the_wire(name: str, exchanges: list[dict[str, Json]]) -> None:
    """Each request and each answer is as each of GitHub's descriptions has it."""
    found = described.faults(exchanges, name)

    assert [told for told in zip(found, exchanges, strict=True) if told[0]] == []
    assert len(found) == len(exchanges) > 80


def test_the_scenario_is_broad(exchanges: list[dict[str, Json]]) -> None:
    """Every route is asked for, and every status comes, or the test above says little."""
    shown = {answering.kind(str(each["path"]))[0] for each in exchanges}
    statuses = {each["status"] for each in exchanges}

    assert shown == set(answering.ROUTES)
    assert statuses == {200, 201, 301, 304, 401, 403, 404, 422, 429}
    assert {each["method"] for each in exchanges} == {"GET", "POST", "PATCH"}
    assert any("page" in each["query"] for each in exchanges if isinstance(each["query"], dict))


# ---------------------------------------------------------------- what the judge finds


def reviews(exchanges: list[dict[str, Json]]) -> dict[str, Json]:
    """Return an exchange about reviews, to be spoilt."""
    (found, *_) = [
        each
        for each in exchanges
        if str(each["path"]).endswith("/reviews") and each["status"] == 200
    ]
    return copy.deepcopy(found)


def first(exchange: dict[str, Json]) -> dict[str, Json]:
    """Return the first entry of a list that was answered."""
    tree = exchange["tree"]
    assert isinstance(tree, list)
    entry = tree[0]
    assert isinstance(entry, dict)
    return entry


SPOILT: dict[str, Callable[[dict[str, Json]], object]] = {
    "request: no route": lambda each: each.update(path="/repos/acme/ops/pull/1/reviews"),
    "request: no route DELETE": lambda each: each.update(method="DELETE"),
    "request/path/pull_number must be integer": lambda each: each.update(
        path="/repos/acme/ops/pulls/one/reviews"
    ),
    "request/query must NOT have additional": lambda each: each.update(query={"perpage": "1"}),
    "request/query/page must be integer": lambda each: each.update(query={"page": "next"}),
    "answer: no status 202": lambda each: each.update(status=202),
    "answer must be array": lambda each: each.update(tree={}),
    "answer/0 must have required property 'user'": lambda each: first(each).pop("user"),
    "answer/0/state must be string": lambda each: first(each).update(state=None),
    "answer/0/id must be integer": lambda each: first(each).update(id="80"),
    "answer/0/commit_id must be string": lambda each: first(each).update(commit_id=1),
    "answer/0/submitted_at must match format": lambda each: first(each).update(submitted_at="now"),
    "answer/0/html_url must match format": lambda each: first(each).update(html_url="x y"),
    "answer: 304 with a content": lambda each: each.update(status=304),
}


def test_what_is_wrong_is_found(exchanges: list[dict[str, Json]]) -> None:
    """A request or an answer that is a little other than described is told, by its place."""
    made = []
    for spoil in SPOILT.values():
        exchange = reviews(exchanges)
        spoil(exchange)
        made.append(exchange)
    found = described.faults([reviews(exchanges), *made])

    assert found[0] == []
    for part, told in zip(SPOILT, found[1:], strict=True):
        assert any(each.startswith(part) for each in told), (part, told)


WRITTEN: dict[str, Callable[[dict[str, Json]], object]] = {
    "request/requestBody must have required property 'body'": lambda each: each.update(body={}),
    "request/requestBody/body must be string": lambda each: each.update(body={"body": 1}),
    "request: no route PUT": lambda each: each.update(method="PUT"),
    "answer: no status 200": lambda each: each.update(status=200),
    "answer/user must be object": lambda each: each.update(tree=spoilt(each, "user", "ann")),
}


def spoilt(exchange: dict[str, Json], name: str, value: Json) -> Json:
    """Return what was answered with one value that is another."""
    tree = exchange["tree"]
    assert isinstance(tree, dict)
    return {**tree, name: value}


def test_what_is_wrong_with_writing_is_found(exchanges: list[dict[str, Json]]) -> None:
    """What is sent to be written is judged as well as what is answered."""
    sent = [each for each in exchanges if each["method"] == "POST" and each["status"] == 201]
    comment = next(each for each in sent if str(each["path"]).endswith("/comments"))
    made = []
    for spoil in WRITTEN.values():
        exchange = copy.deepcopy(comment)
        spoil(exchange)
        made.append(exchange)
    found = described.faults([comment, *made])

    assert found[0] == []
    for part, told in zip(WRITTEN, found[1:], strict=True):
        assert any(each.startswith(part) for each in told), (part, told)


def test_where_the_description_is_too_narrow(exchanges: list[dict[str, Json]]) -> None:
    """To the letter it refuses these alone: where it does no longer, the judge has to follow."""
    found = described.faults(exchanges, to_the_letter=True)
    refused = [
        (answering.kind(str(each["path"]))[0], each["status"])
        for told, each in zip(found, exchanges, strict=True)
        if told
    ]

    assert {(name, status) for name, status in refused if status == 200} == {
        ("pulls", 200),
        ("pull", 200),
    }
    assert {status for _, status in refused} == {200, 301, 401, 403, 404, 422, 429}
    assert {name for name, status in refused if status == 422} == {"pulls", "mark"}


# ---------------------------------------------------------------- GitHub's own examples


def examples(*names: str) -> list[scripted.Act]:
    """Return the description's example answers."""
    return [scripted.tree(described.example(name)) for name in names]


def test_the_board_reads_the_examples() -> None:
    """What GitHub gives as an example of what was written is read, and says what it says."""
    names = (
        *("issue-comment-items", "issue-comment", "status", "status-items"),
        "private-user-response-with-public-profile-information",
    )
    with scripted.served(*examples(*names)) as server:
        entry = ForgeEntry(
            name="github", url=server.url, repository="octocat/Hello-World", token=double.VARIABLE
        )
        token = Token(entry, {double.VARIABLE: double.WORD}, lambda _: None)
        board = GitHubBoard(entry, token, terms=Terms(attempts=1))
        (listed,) = board.comments(1347)
        edited = board.edit(1, "Me too")
        by = board.mark(Commit("1" * 40), CommitStatus(state="success", description="passes"))
        (status,) = board.statuses(Commit("1" * 40))
        account = board.account()
        board.close()

    octocat = Account(login="octocat", app=False)
    assert (
        listed
        == edited
        == Posted(
            number=1,
            pull=1347,
            by=octocat,
            body="Me too",
            link="https://github.com/octocat/Hello-World/issues/1347#issuecomment-1",
        )
    )
    assert by == account == octocat
    assert (status.state, status.context) == ("success", "continuous-integration/jenkins")
    assert [got.method for got in server.got] == ["GET", "PATCH", "POST", "GET", "GET"]


def test_the_client_reads_the_examples() -> None:
    """What GitHub gives as an example of each answer is read, and says what it says."""
    acts = examples(
        *("pull-request-simple-items", "pull-request", "pull-request-review-items"),
        *("issue-event-for-issue-items", "team-membership-response-if-user-is-a-team-maintainer"),
    )
    with scripted.served(*acts) as server:
        asker = client(
            ForgeEntry(
                name="github",
                url=server.url,
                repository="octocat/Hello-World",
                token=double.VARIABLE,
            )
        )
        (pull,) = asker.pulls(Commit("1" * 40))
        (review,) = asker.reviews(pull.number)
        moved = asker.retargeted(pull.number)
        member = asker.member("github/justice-league", "octocat")
        asker.close()

    assert (pull.number, pull.opener, pull.branch, pull.state) == (
        1347,
        "octocat",
        "master",
        "open",
    )
    assert json.dumps(described.example("pull-request")).count(pull.head) > 0
    assert review == ForgeReview(
        number=80,
        account="octocat",
        person=True,
        state="approved",
        at="2019-11-17T17:43:43Z",
        commit=Commit("ecdd80bb57125d7ba9641ffaa4d7d2c19d3f3091"),
    )
    assert (moved, member) == ("", True)
