"""Who calls: secrets from where the policy says, in the headers and nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest

from runner.errors import PlatformError
from runner.model import PlatformEntry
from runner.platforms.bkjob.credentials import HEADER, Credentials

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json

Said: TypeAlias = tuple[str, Literal["env", "file", "text"], str]
APP: Said = ("bk_app_secret", "env", "APP")
USER: Said = ("bk_username", "text", "alice")
ENVIRONMENT = {
    "APP": "app secret",
    "TOKEN": "tok'\"en",
    "EMPTY": "",
    "LONG": "x" * 5000,
    "LINES": "one\ntwo é",
    "SHORT": "e",
}


def credentials(*said: Said, system: bool = False, tenant: str = "") -> Credentials:
    """Return credentials that the policy names so."""
    entry = PlatformEntry(
        name="far",
        type="bkjob",
        url="https://bkapi.example.org",
        application="ci",
        tenant=tenant,
        route="system" if system else "user",
        credentials=said,
    )
    return Credentials(entry, ENVIRONMENT)


def shown(made: Credentials) -> Json:
    """Return what the header shows."""
    tree: Json = json.loads(made.headers[HEADER])
    return tree


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((APP, USER), {"bk_username": "alice"}),
        ((APP, ("bk_token", "env", "TOKEN")), {"bk_token": "tok'\"en"}),
        ((APP, ("bk_ticket", "env", "TOKEN")), {"bk_ticket": "tok'\"en"}),
    ],
)
def test_an_application_and_its_user(said: tuple[Said, ...], expected: dict[str, Json]) -> None:
    """By a token, a ticket, or the name alone."""
    app: dict[str, Json] = {"bk_app_code": "ci", "bk_app_secret": "app secret"}

    assert shown(credentials(*said)) == {**app, **expected}


def test_an_access_token_stands_alone() -> None:
    """It is the application and the user; nothing is beside it."""
    assert shown(credentials(("access_token", "env", "TOKEN"))) == {"access_token": "tok'\"en"}


def test_the_tenant_and_the_route_of_the_system() -> None:
    """Both have headers of their own."""
    headers = credentials(APP, USER, system=True, tenant="default").headers

    assert headers["X-Bk-Tenant-Id"] == "default"
    assert headers["X-Bk-Username"] == "alice"
    assert "alice" not in headers[HEADER]


@pytest.mark.parametrize(("content", "value"), [("abc", "abc"), ("abc\n", "abc"), ("a\r\n", "a")])
def test_a_file(tmp_path: Path, content: str, value: str) -> None:
    """One line end at its end is no part of the secret."""
    (tmp_path / "secret").write_text(content, newline="")
    made = credentials(("access_token", "file", str(tmp_path / "secret")))

    assert shown(made) == {"access_token": value}


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ((), "the policy names no credentials"),
        ((("access_token", "env", "GONE"),), "the variable GONE, for access_token, holds nothing"),
        ((("access_token", "env", "EMPTY"),), "holds nothing"),
        ((("access_token", "env", "LONG"),), "has more than 4096 characters"),
        ((("access_token", "file", "/proc/none"),), "cannot be read: No such file or directory"),
        ((("access_token", "file", "/proc/self/exe"),), "cannot be read: it is no text"),
        ((("access_token", "file", "/dev/zero"),), "has more than 4096 characters"),
    ],
)
def test_a_secret_that_is_not_there(said: tuple[Said, ...], part: str) -> None:
    """The error names the place, and how to mend it, and ends with 9."""
    with pytest.raises(PlatformError, match=part) as raised:
        _ = credentials(*said).headers

    assert raised.value.message.startswith("cannot call far: ")
    assert "jobgate.yaml" in raised.value.mend
    assert raised.value.exit_code == 9


def test_no_header_is_broken_by_a_value() -> None:
    """A tenant with a line break is refused; a secret with one is escaped by the JSON."""
    with pytest.raises(PlatformError, match="X-Bk-Tenant-Id would hold characters"):
        _ = credentials(APP, USER, tenant="a\nb").headers
    made = credentials(("access_token", "env", "LINES"))

    assert shown(made) == {"access_token": "one\ntwo é"}
    assert made.headers[HEADER].isascii()
    assert made.headers[HEADER].isprintable()


def test_secrets_are_taken_out_of_texts() -> None:
    """As they are, in JSON, and in JSON within JSON; a name is no secret."""
    made = credentials(APP, USER, ("bk_token", "env", "TOKEN"))
    once = json.dumps({"a": "tok'\"en"})
    twice = json.dumps(once)

    for text in ("x app secret y", "tok'\"en", once, twice):
        assert "******" in made.hidden(text)
        assert "en\\" not in made.hidden(text)
        assert "app secret" not in made.hidden(text)
    assert made.hidden("alice said nothing") == "alice said nothing"


def test_a_short_secret_is_not_looked_for() -> None:
    """It would be found in every other word."""
    assert credentials(("access_token", "env", "SHORT")).hidden("the end") == "the end"


def test_nothing_shows_a_secret_by_accident() -> None:
    """Neither the value nor what holds it has one in its repr."""
    made = credentials(APP, USER)
    _ = made.headers

    assert "app secret" not in f"{made!r}{vars(made)['_entry']!r}"
