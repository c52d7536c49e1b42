"""Secrets in a request by name, and the request with their values put in."""

from __future__ import annotations

import base64
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from runner import canon, secretparts
from runner.model import Secret
from runner.secretparts import UnfitError

if TYPE_CHECKING:
    from runner.model import Json, Parts

DB, HOOK = Secret("db"), Secret("hook")
VALUES = {"db": "it's 8 $(x) \\ §", "hook": "a/b?c=d&e f%g+é\n", "win": "AAAAAAAA"}


def encoded(text: str) -> str:
    """Return Base64 of a text."""
    return base64.b64encode(text.encode()).decode()


def param(body: dict[str, Json]) -> str:
    """Return the decoded parameter of a body."""
    return base64.b64decode(str(body["script_param"])).decode()


def with_args(*args: Parts) -> dict[str, Json]:
    """Return a body with these arguments."""
    return {"timeout": 1, "script_param": secretparts.arguments(args)}


def with_url(*parts: str | Secret) -> dict[str, Json]:
    """Return a body with this callback URL."""
    return {"callback_url": secretparts.url(parts)}


def with_password(name: str) -> dict[str, Json]:
    """Return a body in which one password of two is a secret."""
    hosts: list[Json] = [
        {"host_id": 1, "encrypted_password": "QUJD"},
        {"host_id": 2, "encrypted_password": secretparts.password((Secret(name),))},
    ]
    return {"host_password_list": hosts}


WHOLE: dict[str, Json] = {
    **with_args(("-v",), ("--password=", DB), ()),
    **with_url("https://a.example/?t=", HOOK),
    **with_password("win"),
}
PLAIN: tuple[dict[str, Json], ...] = (
    {},
    {"script_param": "YQ==", "callback_url": "", "host_password_list": []},
    {"script_param": None, "callback_url": 5, "host_password_list": None},
    {"host_password_list": [{"encrypted_password": "QUJD"}, {}, None]},
)


def test_how_they_stand() -> None:
    """A body has mappings where a secret is named: texts side by side are one, none is empty."""
    assert WHOLE == {
        "timeout": 1,
        "script_param": {"args": [["-v"], ["--password=", {"secret": "db"}], []]},
        "callback_url": {"url": ["https://a.example/?t=", {"secret": "hook"}]},
        "host_password_list": [
            {"host_id": 1, "encrypted_password": "QUJD"},
            {"host_id": 2, "encrypted_password": {"parts": [{"secret": "win"}]}},
        ],
    }
    assert secretparts.normal(("a", "", "b", DB, "", HOOK, "c", "d")) == ("ab", DB, HOOK, "cd")
    assert with_args(("a", "b", DB), ("", "")) == with_args(("ab", DB), ())


def test_names() -> None:
    """The names are sorted, each once, wherever they stand."""
    assert secretparts.names(WHOLE) == ("db", "hook", "win")
    assert secretparts.names(with_args((DB, "x", DB), (Secret("a"),))) == ("a", "db")
    assert secretparts.names(with_url("https://a.example/?t=", HOOK)) == ("hook",)
    assert secretparts.names({"task_name": "{'secret': 'db'}", "x": {"secret": "db"}}) == ()


@pytest.mark.parametrize("body", PLAIN)
def test_a_body_without_secrets(body: dict[str, Json]) -> None:
    """A body that names no secret stays what it is."""
    assert secretparts.names(body) == ()
    assert secretparts.stood_in(body) == secretparts.shown(body) == body
    assert secretparts.filled(body, {}) == body


def test_stood_in() -> None:
    """A stand-in is text as short as a value can be, and nothing else changes."""
    made = secretparts.stood_in(WHOLE)
    assert len(secretparts.STAND_IN) == secretparts.SHORTEST == 8
    assert param(made) == "-v --password=xxxxxxxx ''"
    assert made | {"script_param": 0} == {
        "timeout": 1,
        "script_param": 0,
        "callback_url": "https://a.example/?t=xxxxxxxx",
        "host_password_list": [
            {"host_id": 1, "encrypted_password": "QUJD"},
            {"host_id": 2, "encrypted_password": "xxxxxxxx"},
        ],
    }


def test_shown() -> None:
    """A person reads a secret by its name, and no argument can look like one."""
    made = secretparts.shown(WHOLE)
    assert param(made) == "-v --password=secret(db) ''"
    assert made["callback_url"] == "https://a.example/?t=secret(hook)"
    assert isinstance(made["host_password_list"], list)
    assert made["host_password_list"][1] == {"host_id": 2, "encrypted_password": "secret(win)"}
    forged = with_args(("secret(db)",), ("a b", DB, "c d"), (DB, HOOK))
    assert param(secretparts.shown(forged)) == (
        "'secret(db)' 'a b'secret(db)'c d' secret(db)secret(hook)"
    )


def test_filled() -> None:
    """Values are quoted for a shell after they are put in, and percent-encoded in a URL."""
    made = secretparts.filled(WHOLE, VALUES)
    assert shlex.split(param(made)) == ["-v", "--password=" + VALUES["db"], ""]
    assert made["callback_url"] == "https://a.example/?t=a%2Fb%3Fc%3Dd%26e%20f%25g%2B%C3%A9%0A"
    assert isinstance(made["host_password_list"], list)
    assert made["host_password_list"][1] == {"host_id": 2, "encrypted_password": "AAAAAAAA"}
    assert made["timeout"] == 1
    assert secretparts.names(made) == ()
    assert secretparts.names(WHOLE) == ("db", "hook", "win")


FITS_NOT: tuple[tuple[dict[str, Json], dict[str, str], str], ...] = (
    (with_args((DB,)), {}, "it has no value"),
    (
        with_args((DB,)),
        {"db": "1234567\n"},
        "its value holds a newline, which no argument can hold",
    ),
    (with_args((DB,)), {"db": "\x001234567"}, "its value holds a NUL character, which no argument"),
    (with_args((DB,)), {"db": "1234567\udc80"}, "its value is not UTF-8"),
    (with_url("https://a.example/?", DB), {"db": "1234567\udc80"}, "its value is not UTF-8"),
    (with_url("https://a.example/?", DB), {"hook": "12345678"}, "it has no value"),
    (with_password("db"), {"db": "1234567"}, "its value is not strict Base64 of at most 172"),
    (with_password("db"), {"db": "1234567 "}, "its value is not strict Base64 of at most 172"),
    (with_password("db"), {"db": "A" * 176}, "its value is not strict Base64 of at most 172"),
    (
        with_args(("x" * 48_120, DB)),
        {"db": "123456789"},
        "the parameters come to 48,129 bytes, of at most 48,128",
    ),
    (
        with_url("https://a.example/?" + "x" * 1_000, DB),
        {"db": "123456"},
        "the URL comes to 1,025 characters, of at most 1,024",
    ),
    (with_args((DB,)), {"db": "[DATEFMT:%Y]"}, "the platform would take a part of the parameters"),
    (with_args(("[DATE", DB)), {"db": "FMT:%Y]"}, "the platform would take a part of the"),
    (with_args(("[DATEFMT:", DB, "]")), {"db": "12345678"}, "the platform would take a part"),
)


@pytest.mark.parametrize(("body", "values", "why"), FITS_NOT)
def test_what_does_not_arrive(body: dict[str, Json], values: dict[str, str], why: str) -> None:
    """What would arrive as something else is refused by the secret's name, without its value."""
    with pytest.raises(
        UnfitError, match=re.escape(f"cannot put in the secret db: {why}")
    ) as caught:
        secretparts.filled(body, values)
    assert caught.value.name == "db"
    assert caught.value.mend
    assert caught.value.exit_code == 1
    error: BaseException | None = caught.value
    while error is not None:
        assert not any(value in f"{error!r}{error!s}" for value in values.values())
        error = error.__cause__ or error.__context__


ARRIVES: tuple[tuple[dict[str, Json], dict[str, str]], ...] = (
    (with_args(("x" * 48_120, DB)), {"db": "12345678"}),
    (with_url("https://a.example/?" + "x" * 1_000, DB), {"db": "12345"}),
    (with_password("db"), {"db": "A" * 172}),
    (with_args(("[DATEFMT:%Y]", DB)), {"db": "12345678"}),
    (with_args((DB,)), {"db": "a\rb\tc\x1bd"}),
    (with_url("https://a.example/?", DB), {"db": "a\n\0b"}),
)


@pytest.mark.parametrize(("body", "values"), ARRIVES)
def test_what_just_arrives(body: dict[str, Json], values: dict[str, str]) -> None:
    """What is exactly at a bound, or can stand where it is, is put in."""
    assert secretparts.names(secretparts.filled(body, values)) == ()


def test_multibyte_values_count_in_bytes() -> None:
    """A parameter is counted in bytes, and what percent-encoding adds to a URL counts too."""
    with pytest.raises(UnfitError, match="48,130 bytes"):
        secretparts.filled(with_args(("x" * 48_112, DB)), {"db": "é" * 8})
    with pytest.raises(UnfitError, match="1,036 characters"):
        secretparts.filled(
            with_url("https://a.example/?" + "x" * 1_000, DB), {"db": "é12345" + "é"}
        )


@pytest.mark.parametrize(
    ("name", "known"),
    [("a", True), ("a1_", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("_a", False)],
)
def test_name(name: str, known: object) -> None:
    """A name is a lower-case letter, and letters, digits and underscores."""
    assert (secretparts.NAME.fullmatch(name) is not None) == known


@pytest.mark.parametrize(
    "body",
    [
        {"script_param": {}},
        {"script_param": {"args": {"a": []}}},
        {"script_param": {"args": ["text"]}},
        {"script_param": {"args": [[{"secret": "db"}], 5]}},
        {"script_param": {"args": [["a", {"secret": 5}]]}},
        {"callback_url": {}},
        {"callback_url": {"url": "text"}},
        {"callback_url": {"url": [{"secret": "db"}, {}]}},
        {"callback_url": {"url": [None]}},
        {"host_password_list": [{"encrypted_password": {"parts": [["db"]]}}]},
        {"host_password_list": [{"encrypted_password": {"secret": "db"}}]},
    ],
)
def test_a_shape_of_no_secret(body: dict[str, Json]) -> None:
    """A mapping that has not quite the shape names nothing, and stays what it is."""
    assert secretparts.names(body) == ()
    assert secretparts.stood_in(body) == secretparts.shown(body) == body
    assert secretparts.filled(body, {}) == body


def test_effect_covers_the_names() -> None:
    """Bodies that differ in a name, or in where it stands, have other effects."""
    bodies = [
        with_args(("a", DB)),
        with_args(("a", HOOK)),
        with_args((DB, "a")),
        with_args(("a",), (DB,)),
        with_args(("a" + secretparts.STAND_IN,)),
        secretparts.stood_in(with_args(("a", DB))),
    ]
    assert len({canon.encode(canon.effect_body(each, b"")) for each in bodies}) == len(bodies)
