"""Who calls by what a request shows, who logs in, and what failures cost."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from runner.server import credentials, passwords, rows
from runner.server.answers import Code, Number, RefusalError
from runner.server.credentials import Shown
from runner.server.logins import Logins, TooSoonError
from runner.server.rows import Caller
from runner.server.throttle import FREE, Throttle
from tests import inventories

KNOWN = inventories.known()
PEER = "192.0.2.1"
CI = {"bk_app_code": "ci", "bk_app_secret": "ci-secret"}
LAB = {"bk_app_code": "lab", "bk_app_secret": "lab-secret"}
CORE = {"bk_app_code": "core", "bk_app_secret": "core-secret"}


def _shown(header: object, username: str = "", *, system: bool = False) -> Shown:
    text = header if isinstance(header, str) else json.dumps(header)
    return Shown(authorization=text, system=system, username=username)


def _caller(shown: Shown) -> Caller:
    return credentials.authenticate(KNOWN, shown, passwords.Verifier().match)


def _logins() -> Logins:
    return Logins(passwords.Verifier(), Throttle())


# ---------------------------------------------------------------- who it is


@pytest.mark.parametrize(
    ("shown", "user", "app"),
    [
        (_shown(CI | {"bk_token": "alice-token"}), "alice", "ci"),
        (_shown(CI | {"bk_ticket": "bob-ticket"}), "bob", "ci"),
        (_shown(CI | {"bk_token": "", "bk_ticket": "bob-ticket"}), "bob", "ci"),
        (_shown(CI | {"bk_username": "bob"}), "bob", "ci"),
        (_shown(LAB | {"bk_username": "carol"}), "carol", "lab"),
        (_shown({"access_token": "alice-access"}), "alice", "ci"),
        (_shown({"jwt": "x.y.z", "access_token": "alice-access"}), "alice", "ci"),
        (_shown(LAB | {"access_token": "alice-access", "bk_username": "bob"}), "alice", "ci"),
        (_shown(CI | {"bk_token": "alice-token"}, "bob"), "alice", "ci"),
        (_shown(CI | {"bk_token": "alice-token", "more": [1, None]}), "alice", "ci"),
        (_shown(CORE, "carol", system=True), "carol", "core"),
        (_shown(CORE | {"bk_username": "bob"}, "carol", system=True), "carol", "core"),
        (_shown(CORE | {"bk_username": "bob"}, system=True), "bob", "core"),
        (_shown({"access_token": "bob-access"}, system=True), "bob", "core"),
        (_shown({"access_token": "bob-access"}, "carol", system=True), "carol", "core"),
    ],
)
def test_credentials_say_who_calls(shown: Shown, user: str, app: str) -> None:
    """Each of the forms that the gateway knows; on system routes the header names the user."""
    assert _caller(shown) == Caller(user=user, app=app, launch_mode=rows.BY_API)


@pytest.mark.parametrize(
    ("shown", "number"),
    [
        (_shown(""), Number.NO_APP),
        (_shown("ci"), Number.NO_APP),
        (_shown("[]"), Number.NO_APP),
        (_shown('{"bk_app_code": "ci"'), Number.NO_APP),
        (_shown("[" * 5_000), Number.NO_APP),
        (_shown('{"bk_app_code": "lab", ' + json.dumps(CI)[1:]), Number.NO_APP),
        (_shown(CI | {"bk_token": "alice-token", "padding": "x" * 9_000}), Number.NO_APP),
        (_shown({}), Number.NO_APP),
        (_shown({"bk_token": "alice-token"}), Number.NO_APP),
        (_shown({"bk_app_code": "gone", "bk_app_secret": "x", "bk_username": "bob"}), 1247004),
        (_shown(CI | {"bk_app_secret": "lab-secret", "bk_username": "bob"}), Number.NO_APP),
        (_shown(CI | {"bk_app_secret": 7, "bk_username": "bob"}), Number.NO_APP),
        (_shown({"access_token": "alice-token"}), Number.NO_APP),
        (_shown({"access_token": "bob-lost"}), Number.NO_APP),
        (_shown({"access_token": "gone"} | CI | {"bk_token": "alice-token"}), Number.NO_APP),
        (_shown(CI), Number.NO_USER),
        (_shown(CI | {"bk_username": "alice"}), Number.NO_USER),
        (_shown(CI | {"bk_username": ""}), Number.NO_USER),
        (_shown(CI | {"bk_username": "*"}), Number.NO_USER),
        (_shown(LAB | {"bk_username": "mallory"}), Number.NO_USER),
        (_shown(CI | {"bk_token": "gone", "bk_username": "bob"}), Number.NO_USER),
        (_shown(CI | {"bk_token": "alice-access"}), Number.NO_USER),
        (_shown(CORE, "carol"), Number.NO_USER),
        (_shown(CORE, system=True), Number.NO_USER),
        (_shown(CORE, "mallory", system=True), Number.NO_USER),
        (_shown(CI, "alice", system=True), Number.NO_APP),
        (_shown({"access_token": "alice-access"}, "bob", system=True), Number.NO_APP),
    ],
)
def test_whoever_is_not_known_is_refused(shown: Shown, number: int) -> None:
    """With 401, and with no word about which part was wrong."""
    with pytest.raises(RefusalError, match=r"^cannot tell who calls: ") as refusal:
        _caller(shown)

    assert refusal.value.code is Code.UNAUTHENTICATED
    assert refusal.value.code.http == 401
    assert refusal.value.number == number
    assert "secret" not in refusal.value.message


def test_a_wrong_app_and_a_wrong_secret_read_the_same() -> None:
    """Nobody learns from a refusal which apps there are."""
    told = []
    for header in (CI | {"bk_app_secret": "x"}, CI | {"bk_app_code": "gone"}):
        with pytest.raises(RefusalError) as refusal:
            _caller(_shown(header | {"bk_username": "bob"}))
        told.append((refusal.value.message, refusal.value.mend, refusal.value.number))

    assert told[0] == told[1]


def test_nobody_is_let_in_without_apps_and_users() -> None:
    """The built-in inventory has none."""
    with pytest.raises(RefusalError):
        credentials.authenticate(
            replace(KNOWN, apps={}, members={}, tokens={}, access_tokens={}),
            _shown(CI | {"bk_token": "alice-token"}),
            passwords.Verifier().match,
        )


@pytest.mark.parametrize(
    ("header", "identity"),
    [(CI, "app ci"), ({}, "app "), ("nonsense", "app "), ({"bk_app_code": "x" * 999}, 132)],
)
def test_failures_are_counted_against_the_app(header: object, identity: str | int) -> None:
    """It is whom the request names, cut to a bound, or nobody in particular."""
    found = credentials.identity(_shown(header))

    assert found == identity if isinstance(identity, str) else len(found) == identity


# ---------------------------------------------------------------- the door


def test_failures_hold_the_door() -> None:
    """After some wrong guesses the right secret too has to wait; then it clears them."""
    logins, right = _logins(), _shown(CI | {"bk_username": "bob"})
    wrong = _shown(CI | {"bk_app_secret": "x"})
    for _ in range(FREE):
        with pytest.raises(RefusalError) as refusal:
            logins.caller(KNOWN, wrong, PEER, 0.0)
        assert refusal.value.code is Code.UNAUTHENTICATED
    with pytest.raises(TooSoonError) as soon:
        logins.caller(KNOWN, right, PEER, 0.5)

    assert (soon.value.wait, soon.value.code.http) == (0.5, 429)
    assert "1 second" in soon.value.mend
    assert logins.caller(KNOWN, right, PEER, 1.0).user == "bob"
    with pytest.raises(RefusalError) as refusal:
        logins.caller(KNOWN, wrong, PEER, 1.0)
    assert refusal.value.code is Code.UNAUTHENTICATED


def test_whoever_is_known_does_not_wait_for_others() -> None:
    """A secret that was right before is taken while somebody else guesses."""
    logins, right = _logins(), _shown(CI | {"bk_username": "bob"})
    logins.caller(KNOWN, right, PEER, 0.0)
    for number in range(3 * FREE):
        with pytest.raises(RefusalError):
            logins.caller(KNOWN, _shown(CI | {"bk_app_secret": str(number)}), PEER, 0.0)

    assert logins.caller(KNOWN, right, PEER, 0.0) == Caller(user="bob", app="ci")


def test_a_user_logs_in_to_the_console() -> None:
    """By name and password, which gives the launch mode of the web."""
    caller = _logins().person(KNOWN, ("alice", "alice-password"), PEER, 0.0)

    assert caller == Caller(user="alice", app="", launch_mode=rows.BY_WEB)


@pytest.mark.parametrize(
    "login", [("alice", "x"), ("alice", ""), ("bob", "bob-token"), ("bob", ""), ("gone", "x")]
)
def test_nobody_else_logs_in(login: tuple[str, str]) -> None:
    """Neither with a wrong password, nor where there is none, nor as somebody unknown."""
    with pytest.raises(RefusalError, match="cannot log you in") as refusal:
        _logins().person(KNOWN, login, PEER, 0.0)

    assert refusal.value.code is Code.UNAUTHENTICATED


def test_guesses_at_a_password_hold_the_door() -> None:
    """For that user, from wherever the next guess comes."""
    logins = _logins()
    for number in range(FREE):
        with pytest.raises(RefusalError, match="cannot log you in"):
            logins.person(KNOWN, ("alice", "x"), f"192.0.2.{number}", 0.0)
    with pytest.raises(TooSoonError):
        logins.person(KNOWN, ("alice", "alice-password"), "192.0.2.9", 0.0)
