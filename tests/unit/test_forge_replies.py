"""What answers mean that are not what was asked for, and where the next page is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runner.calls import Answer
from runner.forges import replies
from runner.terms import ForgeEntry

if TYPE_CHECKING:
    from runner.model import Json

VARIABLE = "FORGE_TOKEN"
ENTRY = ForgeEntry(
    name="github", url="https://api.github.com", repository="acme/ops", token=VARIABLE
)
NOW = 1_800_000_000.0
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"  # the same instant


def answer(status: int, message: str = "", **headers: str) -> Answer:
    """Return an answer; `_` in a header's name stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps({"message": message}).encode() if message else b""
    return Answer(status=status, headers=named, content=content)


@pytest.mark.parametrize(
    ("got", "said", "wait"),
    [
        (answer(403, retry_after="7"), "puts off whoever asks too much, for 7 s", 7.0),
        (answer(429, retry_after="0"), "for 0 s", 0.0),
        (answer(429), "puts off whoever asks too much", 60.0),
        (answer(403, "You have exceeded a secondary Rate Limit."), "puts off whoever", 60.0),
        (
            answer(403, "no", date=DATE, x_ratelimit_remaining="0", x_ratelimit_reset="1800000030"),
            "used up until 2027-01-15T08:00:30Z",
            31.0,
        ),
        (
            answer(429, x_ratelimit_remaining="0", x_ratelimit_reset="1799999000"),
            "used up until 2027-01-15T07:43:20Z",
            1.0,
        ),
        (
            answer(403, "x", x_ratelimit_remaining="0", x_ratelimit_reset="9" * 11),
            "used up until 5138-11-16T09:46:39Z",
            99_999_999_999.0 - NOW + 1,
        ),
        (
            answer(403, x_ratelimit_remaining="0", x_ratelimit_reset="9" * 12),
            "it puts off whoever asks too much",
            60.0,
        ),
        (answer(403, "x", x_ratelimit_remaining="0"), "it puts off whoever asks too much", 60.0),
        (
            answer(429, retry_after="Fri, 15 Jan 2027 08:00:09 GMT"),
            "puts off whoever asks too much, for 9 s",
            9.0,
        ),
    ],
)
def test_too_many_requests(got: Answer, said: str, wait: float) -> None:
    """It says how long to wait, and that one may ask again then."""
    found = replies.trouble(got, ENTRY, NOW)

    assert said in found.said
    assert (found.again, found.wait) == (True, wait)
    assert found.mend == "try again later, or with a token that has a limit of its own"


def test_a_wait_is_counted_by_the_clock_of_the_other_side() -> None:
    """A machine whose clock is an hour ahead waits as long as any other."""
    there = {"date": DATE, "x_ratelimit_remaining": "0", "x_ratelimit_reset": "1800000010"}
    late = {"date": DATE, "retry_after": "Fri, 15 Jan 2027 08:00:09 GMT"}

    assert replies.trouble(answer(403, **there), ENTRY, NOW + 3600).wait == 11.0
    assert replies.trouble(answer(403, **late), ENTRY, NOW + 3600).wait == 9.0
    assert replies.trouble(answer(403, **{**there, "date": "now"}), ENTRY, NOW).wait == 11.0


@pytest.mark.parametrize(
    ("got", "said", "mend"),
    [
        (answer(401, "Bad credentials"), "it answers 401: Bad credentials", "into FORGE_TOKEN"),
        (
            answer(403, "Resource not accessible", x_ratelimit_remaining="17"),
            "it answers 403: Resource not accessible",
            "let the token in FORGE_TOKEN read pull requests of acme/ops",
        ),
        (answer(404, "Not Found"), "it answers 404: Not Found", "may lack leave to read"),
        (answer(410), "it answers 410", "may lack leave to read"),
        (answer(451), "it answers 451", "may lack leave to read"),
        (answer(409, "Git Repository is empty."), "409: Git Repository", "URL of github"),
        (answer(200), "it answers 200", "URL of github"),
        (answer(304), "it answers 304", "URL of github"),
        (
            answer(301, location="https://x.example/repos/a/b?token=1?b=2"),
            "leads to https://x.example/repos/a/b, where no token is shown",
            "write the repository's present name",
        ),
        (answer(307), "leads to nowhere", "present name"),
    ],
)
def test_a_no(got: Answer, said: str, mend: str) -> None:
    """It is not asked again; the mend names what may be at fault."""
    found = replies.trouble(got, ENTRY, NOW)

    assert said in found.said
    assert mend in found.mend
    assert "token=1" not in found.said
    assert (found.again, found.wait) == (False, 0.0)


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    ("needed", "told"),
    [
        ("pull_requests=read; contents=read,issues=read", True),
        ("members=read", True),
        ("members=read\nmend: run this", False),
        ("; ".join(["a=b"] * 11), False),
        ("", False),
    ],
)
def test_what_a_token_lacks(status: int, needed: str, told: object) -> None:
    """GitHub names the permissions that a route needs, and the mend passes them on."""
    got = answer(status, x_accepted_github_permissions=needed)
    mend = replies.trouble(got, ENTRY, NOW).mend

    assert mend.endswith(f" ({needed})") is told
    assert "\n" not in mend


@pytest.mark.parametrize("status", [500, 502, 599])
def test_a_failure_is_tried_again(status: int) -> None:
    """All that is sent only asks."""
    found = replies.trouble(answer(status), ENTRY, NOW)

    assert (found.said, found.again) == (f"it answers {status}", True)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"[1]", b'{"message": 5}'])
def test_an_answer_without_a_message(content: bytes) -> None:
    """Whatever stands there, the status is told."""
    found = replies.trouble(Answer(status=400, content=content), ENTRY, NOW)

    assert found.said == "it answers 400"


def test_a_message_is_read_and_shown_within_bounds() -> None:
    """It is cut where it is read, and again where it is shown, when secrets are out of it."""
    found = replies.trouble(answer(400, "x" * 20_000), ENTRY, NOW)

    assert len(found.said) == 10_000 + len("it answers 400: ")
    assert len(replies.shown(found.said)) == 200


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<https://a/?page=2>; rel="next", <https://a/?page=9>; rel="last"', "https://a/?page=2"),
        ('<https://a/?page=1>; rel="prev", <https://a/?page=3>; rel="next"', "https://a/?page=3"),
        ('<https://a/?page=1>; rel="first"', ""),
        ('<https://a/?page=1>; rel="nextest"', ""),
        ("", ""),
    ],
)
def test_the_next_page(link: str, url: str) -> None:
    """It is the one that is called next."""
    assert replies.following(answer(200, link=link)) == url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://ghe.example/api/v3/x?page=2", True),
        ("http://ghe.example/api/v3/x?page=2", False),
        ("https://ghe.example:444/api/v3/x", False),
        ("https://me@ghe.example/api/v3/x", False),
        ("https://ghe.example.org/api/v3/x", False),
        ("/api/v3/x", False),
        ("https://[x", False),
    ],
)
def test_one_place(url: str, told: object) -> None:
    """Scheme, host and port are the same, to the letter."""
    assert replies.at_one_place(url, "https://ghe.example/api/v3") is told


# ---------------------------------------------------------------- writing


@pytest.mark.parametrize(
    ("got", "mend"),
    [
        (answer(401, "Bad credentials"), "put a token that is in force into FORGE_TOKEN"),
        (answer(403, "no"), "give the token in FORGE_TOKEN `statuses: write` on acme/ops"),
        (answer(404, "no"), "give the token in FORGE_TOKEN `statuses: write` on acme/ops"),
        (answer(410, "no"), "give the token in FORGE_TOKEN `statuses: write` on acme/ops"),
        (answer(422, "no"), "look at what was to be written to acme/ops"),
        (answer(409, "no"), "look at what was to be written to acme/ops"),
        (answer(301), "write the repository's present name"),
        (answer(502), "try again later"),
        (answer(429), "try again later"),
    ],
)
def test_a_no_to_writing(got: Answer, mend: str) -> None:
    """The mend names the permission, as a workflow does."""
    found = replies.trouble(got, ENTRY, NOW, "statuses: write")

    assert mend in found.mend
    assert ("fork" in found.mend) == ("give the token" in mend)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"message": "No", "errors": [{"message": "too long"}]}, "422: No: too long"),
        ({"message": "No", "errors": [{"code": "x"}, "y", {"message": "z"}]}, "422: No: z"),
        ({"message": "No", "errors": "many"}, "it answers 422: No"),
        ({"errors": [{"message": "too long"}]}, "it answers 422: too long"),
        ({"message": 5}, "it answers 422"),
        ([], "it answers 422"),
    ],
)
def test_what_is_wrong_with_what_was_to_be_written(content: Json, said: str) -> None:
    """It is told as GitHub says it."""
    got = Answer(status=422, content=json.dumps(content).encode())

    assert replies.trouble(got, ENTRY, NOW, "statuses: write").said.endswith(said)
