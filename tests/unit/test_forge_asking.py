"""Questions over a real socket: headers, pages, tags, limits, and all that can go wrong."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from runner.calls import Terms
from runner.errors import ForgeError
from runner.forges.github import GitHub
from runner.forges.tokens import Token
from runner.model import Commit
from runner.terms import ForgeEntry
from tests import scripted, servercases
from tests.scripted import Act

if TYPE_CHECKING:
    from runner.model import Json
    from tests.scripted import Scripted

VARIABLE = "FORGE_TOKEN"
WORD = "ghs_" + "16C7e42F" * 4
TLS = servercases.CASES / "tls"
TERMS = Terms(connect=5.0, read=5.0, pause=0.5, patience=65.0)
HASTY = Terms(connect=5.0, read=0.2, pause=0.5, attempts=2)
REVIEW: dict[str, Json] = {
    "id": 80,
    "user": {"login": "ann", "type": "User"},
    "state": "APPROVED",
    "submitted_at": "2026-01-02T03:04:05Z",
    "commit_id": "1" * 40,
}
NONE = scripted.tree([])


class Waits(list[float]):
    """Forges that note how long they would have waited."""

    def forge(self, url: str, terms: Terms = TERMS, repository: str = "acme/ops") -> GitHub:
        """Return a forge at an address."""
        entry = ForgeEntry(name="github", url=url, repository=repository, token=VARIABLE)
        token = Token(entry, {VARIABLE: WORD}, lambda _: None)
        return GitHub(entry, token, terms=terms, wait=self.append)


def reviewed(*numbers: int) -> Json:
    """Return reviews with these numbers."""
    return [{**REVIEW, "id": number} for number in numbers]


def fails(server: Scripted, terms: Terms = TERMS) -> ForgeError:
    """Return the error that asking for the reviews of a pull request ends with."""
    forge = Waits().forge(server.url, terms)
    with pytest.raises(ForgeError) as raised:
        forge.reviews(7)
    forge.close()
    assert WORD not in f"{raised.value.message}{raised.value.mend}"
    assert raised.value.message.startswith(
        "cannot ask for the reviews of pull request 7 on github: "
    )
    assert raised.value.mend
    assert raised.value.exit_code == 9
    return raised.value


def test_what_goes_over_the_wire() -> None:
    """The version, the kind of answer, who asks, and the token; nothing else of this machine."""
    with scripted.served(NONE) as server:
        forge = Waits().forge(f"{server.url}/api/v3/")
        assert forge.reviews(7) == ()
        forge.close()
    (got,) = server.got

    assert (got.method, got.path) == ("GET", "/api/v3/repos/acme/ops/pulls/7/reviews?per_page=100")
    assert got.headers["accept"] == "application/vnd.github+json"
    assert got.headers["authorization"] == f"Bearer {WORD}"
    assert got.headers["x-github-api-version"] == "2022-11-28"
    assert got.headers["user-agent"].startswith("jobgate/")
    assert set(got.headers) == {
        *("accept", "accept-encoding", "authorization", "host", "user-agent"),
        "x-github-api-version",
    }


def test_one_connection_for_many_questions() -> None:
    """A connection is used again as long as it is open."""
    with scripted.served(*[NONE] * 4) as server:
        forge = Waits().forge(server.url)
        for number in range(1, 5):
            forge.reviews(number)
        forge.close()

    assert len({got.peer for got in server.got}) == 1


@pytest.mark.parametrize("url", ["http://ghe.example/api/v3", "ftp://127.0.0.1", "127.0.0.1", ""])
def test_a_token_is_not_shown_to_whoever_listens(url: str) -> None:
    """Without TLS nothing is sent to another machine."""
    with pytest.raises(ForgeError, match="shown over https alone") as raised:
        Waits().forge(url).reviews(7)

    assert "begin the URL of github in jobgate.yaml with https://" in raised.value.mend


@pytest.mark.parametrize("name", ["ops", "acme/ops/more", "acme/o ps", "acme/ops?x", "/"])
def test_a_name_that_is_none(name: str) -> None:
    """A repository's name leads to no other path."""
    with pytest.raises(ForgeError, match="its repository has no name of GitHub's"):
        Waits().forge("https://ghe.example", repository=name).reviews(7)


# ---------------------------------------------------------------- pages


def test_pages() -> None:
    """Each page leads to the next, below the same address, until none does."""
    with scripted.served() as server:
        link = f'<{server.url}/repositories/1/pulls/7/reviews?page=2>; rel="next"'
        server.acts += [
            scripted.tree(reviewed(3, 4), Link=link),
            scripted.tree(reviewed(5)),
        ]
        forge = Waits().forge(server.url)
        assert [each.number for each in forge.reviews(7)] == [3, 4, 5]
        forge.close()

    assert server.got[1].path == "/repositories/1/pulls/7/reviews?page=2"
    assert server.got[1].headers["authorization"] == f"Bearer {WORD}"


@pytest.mark.parametrize("port", ["1", "443"])
def test_a_page_elsewhere_is_not_asked_for(port: str) -> None:
    """No token goes to another host, whatever the answer says; and half a list is no list."""
    link = f'<http://127.0.0.1:{port}/page>; rel="next"'
    with scripted.served(scripted.tree(reviewed(3), Link=link), NONE) as server:
        error = fails(server)

    assert "its next page is at another host" in error.message
    assert len(server.got) == 1


def test_pages_without_end() -> None:
    """A list that leads on and on is let go of."""
    with scripted.served() as server:
        link = f'<{server.url}/again>; rel="next"'
        server.acts += [scripted.tree(reviewed(3), Link=link)] * 60
        error = fails(server)

    assert "there are more than 5,000 entries" in error.message
    assert "jobgate approve" in error.mend
    assert len(server.got) == 50


# ---------------------------------------------------------------- tags


def test_what_is_known_is_asked_for_by_its_tag() -> None:
    """A 304 brings what was answered before; another answer takes its place."""
    acts = [
        scripted.tree(reviewed(3), ETag='W/"a"'),
        Act(status=304),
        scripted.tree(reviewed(3, 4), ETag='W/"b"'),
        Act(status=304),
    ]
    with scripted.served(*acts) as server:
        forge = Waits().forge(server.url)
        found = [[each.number for each in forge.reviews(7)] for _ in acts]
        forge.close()

    assert found == [[3], [3], [3, 4], [3, 4]]
    tags = [got.headers.get("if-none-match") for got in server.got]
    assert tags == [None, 'W/"a"', 'W/"a"', 'W/"b"']


def test_a_page_that_is_full_is_asked_for_anew() -> None:
    """Another page may have come behind it, of which its tag says nothing."""
    full = scripted.tree(reviewed(*range(1, 101)), ETag='"a"')
    with scripted.served(full, full) as server:
        forge = Waits().forge(server.url)
        forge.reviews(7)
        forge.reviews(7)
        forge.close()

    assert "if-none-match" not in server.got[1].headers


def test_an_answer_without_a_tag_is_asked_for_anew() -> None:
    """So is one that had a tag before."""
    acts = [scripted.tree([], ETag='"a"'), scripted.tree(reviewed(3)), scripted.tree([])]
    with scripted.served(*acts) as server:
        forge = Waits().forge(server.url)
        found = [len(forge.reviews(7)) for _ in acts]
        forge.close()

    assert found == [0, 1, 0]
    assert [got.headers.get("if-none-match") for got in server.got] == [None, '"a"', None]


def test_what_is_kept_is_bounded() -> None:
    """The oldest answers are forgotten, so that nothing grows without end."""
    large = json.dumps([{**REVIEW, "body": "x" * 6_000_000}]).encode()
    acts = [Act(content=large, headers={"ETag": '"a"'}) for _ in range(6)]
    with scripted.served(*acts, Act(status=304), NONE) as server:
        forge = Waits().forge(server.url, Terms(most=8_000_000))
        for number in (1, 2, 3, 4, 5, 6, 6, 1):
            forge.reviews(number)
        forge.close()

    asked = [got.headers.get("if-none-match") for got in server.got]
    assert asked[-2:] == ['"a"', None]


def test_304_to_what_was_never_asked() -> None:
    """It is an error, and no empty list."""
    with scripted.served(Act(status=304)) as server:
        assert "it answers 304" in fails(server).message


# ---------------------------------------------------------------- limits


def test_a_short_wait_is_waited_for() -> None:
    """It is as long as is asked, and the question is asked again."""
    waits = Waits()
    turned = scripted.tree({"message": "secondary rate limit"}, 403, Retry_After="30")
    hurried = scripted.tree({"message": "secondary rate limit"}, 429)
    with scripted.served(turned, hurried, NONE) as server:
        forge = waits.forge(server.url)
        assert forge.reviews(7) == ()
        forge.close()

    assert waits == [30.0, 60.0]


def test_a_long_wait_is_told_instead() -> None:
    """Nobody waits for an hour; the limit is not run against."""
    limit = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4000000000"}
    with scripted.served(Act(status=403, headers=limit), NONE) as server:
        error = fails(server)

    assert "used up until 2096-10-02T07:06:40Z" in error.message
    assert len(server.got) == 1


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("act", "part"),
    [
        (Act(status=502, content=b"<h1>Bad Gateway</h1>"), "it answers 502"),
        (Act(content=b'[{"a": 1}', promised=900, end="close"), "the answer broke off"),
        (Act(end="reset"), "the answer broke off"),
        (Act(end="silent"), "no answer came in time"),
    ],
    ids=["html", "short", "reset", "silent"],
)
def test_a_failure_is_tried_again_a_little(act: Act, part: str) -> None:
    """Once more, here, and then it is an error; where it passes, it is none."""
    with scripted.served(act, act, NONE) as server:
        assert part in fails(server, HASTY).message
    with scripted.served(act, NONE) as server:
        forge = Waits().forge(server.url, HASTY)
        assert forge.reviews(7) == ()
        forge.close()

    assert len(server.got) == 2


@pytest.mark.parametrize(
    ("act", "part"),
    [
        (Act(content=b"<html>Sign in</html>"), "the answer is not one of GitHub's: it is no JSON"),
        (Act(content=b"[" * 100_000), "it is no JSON"),
        (Act(content=b"\xff"), "it is no JSON"),
        (scripted.tree({"a": 1}), "it is no list"),
        (scripted.tree(None), "it is no list"),
        (scripted.tree([{"id": 1}]), "/state is not a text"),
        (scripted.tree([None]), "/state is not a text"),
        (scripted.tree([]), "the answer has more than 1 bytes"),
        (scripted.tree({"message": f"bad {WORD}"}, 401), "it answers 401: bad ******"),
        (scripted.tree({"message": "Not Found"}, 404), "it answers 404: Not Found"),
        (scripted.tree({"message": "no"}, 422), "it answers 422: no"),
    ],
)
def test_an_answer_that_is_none(act: Act, part: str) -> None:
    """It comes at once; what cannot be read is never taken for a list of nothing."""
    terms = Terms(most=1) if part.endswith("1 bytes") else TERMS
    with scripted.served(act, NONE) as server:
        assert part in fails(server, terms).message

    assert len(server.got) == 1


def test_a_redirect_is_not_followed() -> None:
    """Wherever it leads, the token does not go there; the mend is in the policy."""
    with scripted.served(NONE) as elsewhere:
        leads = {"Location": f"{elsewhere.url}/repositories/1/pulls?token=1"}
        with scripted.served(Act(status=301, headers=leads)) as server:
            error = fails(server)

        assert elsewhere.got == []
    assert f"leads to {elsewhere.url}/repositories/1/pulls, where" in error.message
    assert "present name" in error.mend


def test_a_forge_that_is_not_there() -> None:
    """It is tried again, a little, and then it is out of reach."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        waits = Waits()
        forge = waits.forge(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ForgeError, match="it cannot be reached"):
            forge.reviews(7)

    assert len(waits) == 3


def test_a_proxy_sees_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not encrypted stays on this machine, whatever proxy its environment names."""
    with scripted.served(NONE) as proxy, scripted.served(NONE) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        forge = Waits().forge(server.url)
        assert forge.reviews(7) == ()
        forge.close()

    assert proxy.got == []
    assert len(server.got) == 1


def test_a_proxy_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """With TLS one is asked to connect, and is not shown what passes."""
    with scripted.served(NONE) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(ForgeError, match="it cannot be reached") as raised:
            Waits().forge("https://ghe.example/api/v3", HASTY).reviews(7)

    assert WORD not in raised.value.message
    assert proxy.got == []  # CONNECT is none of the methods that it knows


def test_a_certificate_of_nobody() -> None:
    """Nothing is sent to a server that cannot prove to be the one that was meant."""
    with scripted.served(NONE, tls=TLS) as server:
        error = fails(server)

    assert "its certificate is not one" in error.message
    assert "SSL_CERT_FILE" in error.mend
    assert server.got == []


def test_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """An authority of one's own is named by the variable that OpenSSL reads."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    with scripted.served(NONE, tls=TLS) as server:
        forge = Waits().forge(server.url)
        assert forge.reviews(7) == ()
        forge.close()


# ---------------------------------------------------------------- commits and teams

COMMIT = Commit("1" * 40)


def test_a_commit_that_the_forge_does_not_have() -> None:
    """It is in no pull request."""
    with scripted.served(scripted.tree({"message": "No commit found"}, 422)) as server:
        forge = Waits().forge(server.url)
        assert forge.pulls(COMMIT) == ()
        forge.close()

    assert server.got[0].path == f"/repos/acme/ops/commits/{COMMIT}/pulls?per_page=100"


@pytest.mark.parametrize(("number", "name"), [(8, "acme/ops"), (7, "eve/ops")])
def test_an_answer_about_another_pull_request(number: int, name: str) -> None:
    """What was not asked about is no answer."""
    pull: dict[str, Json] = {
        "number": number,
        "user": None,
        "state": "open",
        "merged": False,
        "base": {"ref": "main", "repo": {"full_name": name}},
        "head": {"sha": COMMIT, "repo": None},
    }
    listed: Json = [{"number": 7, "base": {"repo": {"full_name": "ACME/ops"}}}]
    with scripted.served(scripted.tree(listed), scripted.tree(pull)) as server:
        forge = Waits().forge(server.url)
        with pytest.raises(ForgeError, match=f"it is about {number} of {name}") as raised:
            forge.pulls(COMMIT)
        forge.close()

    assert raised.value.message.startswith("cannot ask for pull request 7 on github: the answer")
    assert server.got[1].path == "/repos/acme/ops/pulls/7"


def test_who_is_in_a_team() -> None:
    """Members are; of others, the team itself must be there to see, which is asked once."""
    gone = scripted.tree({"message": "Not Found"}, 404)
    team = scripted.tree({"slug": "sre"})
    acts = [scripted.tree({"state": "active"}), gone, team, gone]
    with scripted.served(*acts) as server:
        forge = Waits().forge(server.url)
        told = [forge.member("acme/sre", who) for who in ("ann", "eve/..", "ben", "")]
        forge.close()

    assert told == [True, False, False, False]
    assert [got.path for got in server.got] == [
        "/orgs/acme/teams/sre/memberships/ann",
        "/orgs/acme/teams/sre/memberships/eve%2F..",
        "/orgs/acme/teams/sre",
        "/orgs/acme/teams/sre/memberships/ben",
    ]


def test_a_team_that_the_token_may_not_see() -> None:
    """Nobody is said to be outside a team that cannot be seen."""
    gone = scripted.tree({"message": "Not Found"}, 404)
    with scripted.served(gone, gone) as server:
        forge = Waits().forge(server.url)
        with pytest.raises(ForgeError, match="there is none, or the token may not") as raised:
            forge.member("acme/sre", "ann")
        forge.close()

    assert raised.value.message.startswith("cannot ask who is in the team acme/sre on github: ")
    assert "GITHUB_TOKEN of a workflow cannot" in raised.value.mend


@pytest.mark.parametrize("name", ["sre", "acme/sre/x", "acme/s re", ""])
def test_a_team_without_a_name(name: str) -> None:
    """Nothing is asked for it."""
    with pytest.raises(ForgeError, match="that is no name of a team") as raised:
        Waits().forge("https://ghe.example").member(name, "ann")

    assert "organisation/team" in raised.value.mend


def test_a_membership_of_another_shape() -> None:
    """It is an error, and no member."""
    with scripted.served(scripted.tree({})) as server:
        forge = Waits().forge(server.url)
        with pytest.raises(ForgeError, match="/state is not a text"):
            forge.member("acme/sre", "ann")
        forge.close()
