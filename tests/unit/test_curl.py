"""A curl command line into a request: its words as a shell has them, and what it may not hold."""

from __future__ import annotations

import subprocess

import pytest

from runner.errors import CheckError
from runner.importing import credentials, curl, words
from runner.importing.sheet import Fate

URL = "https://h/api/bk-job/prod/api/v4/fast_execute_script"


def sent(command: str) -> tuple[str, dict[str, Fate]]:
    """Return the body of a command, and what became of what stands beside it."""
    body, notes = curl.request("curl.txt", command.encode())
    return body.decode(), {note.field: note.fate for note in notes}


@pytest.mark.parametrize(
    "line",
    [
        "a b\tc",
        "'a b' \"c d\" e\\ f",
        "a'b'\"c\"d",
        "one \\\n  two",
        "on\\\ne",
        "'a\\\nb' \"a\\\nb\"",
        '"\\"\\\\\\$\\`\\n"',
        "$'\\'\\\\\\n\\t\\x41\\u4f60\\U0001f600\\101\\q\\?'",
        "$'\\xe4\\xbd\\xa0'",
        '$"a b"',
        "a#b # c 'd",
        "'' \"\" x",
    ],
)
def test_words_are_those_of_a_shell(line: str) -> None:
    """A real shell splits the line into the same words."""
    done = subprocess.run(
        ("bash", "--norc", "-c", f"printf '%s\\0' {line}"),
        check=True,
        capture_output=True,
        env={"LC_ALL": "C.UTF-8"},
    )
    said = words.split(line)

    assert [word.text for word in said] == done.stdout.decode().split("\0")[:-1]
    assert not any(word.open for word in said)


def test_a_line_may_begin_with_a_comment() -> None:
    """What stands above the command is no part of it."""
    assert [word.text for word in words.split("# as root\ncurl x")] == ["curl", "x"]


@pytest.mark.parametrize("line", ["$X", "a${X}b", '"a $X"', "`id`", "$(id)", '"$(id)"', "$"])
def test_what_only_a_shell_knows_is_open(line: str) -> None:
    """A word with something to be put in is told from one that is known."""
    assert [word.open for word in words.split(line)] == [True]


@pytest.mark.parametrize(
    "line", ["'a", '"a', "$'a", "a | b", "a; b", "a && b", "a > b", "(a)", "a <b", "`a", "\\"]
)
def test_what_is_no_single_command(line: str) -> None:
    """A quote that is not closed, or a second command, is refused."""
    with pytest.raises(ValueError, match="at character"):
        words.split(line)


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (f"curl {URL} -d '{{}}'", "{}"),
        (f"$ curl -X POST --url {URL} --data-raw '@{{}}'", "@{}"),
        (f"curl -sSkXPOST {URL} -d'{{\"a\": 1}}'", '{"a": 1}'),
        (f"curl --json '[' --json ']' {URL}", "[]"),
        (f"curl {URL} --data-binary $'{{\\n}}' -o /dev/null -m 5", "{\n}"),
        (f"curl -d '{{}}' - {URL}", "{}"),
        (f"#!/bin/sh\n# restart\n\n  curl {URL} \\\n -d '{{}}'\n", "{}"),
    ],
)
def test_bodies(command: str, body: str) -> None:
    """The body is what curl would send."""
    assert curl.is_command(command.encode())
    assert sent(command)[0] == body


def test_what_logs_in_is_told_and_not_kept() -> None:
    """Credentials in headers, options and URL are named, never shown; a form header is nothing."""
    body, fates = sent(
        "curl 'https://me:hidden@h/x/fast_execute_script?bk_token=hidden&lang=en' -u me:hidden "
        '-H \'X-Bkapi-Authorization: {"bk_app_secret": "hidden"}\' -H "Cookie: $C" '
        "-H 'My-Token: hidden' -H 'Content-Type: application/json' -H 'X-Bk-Tenant-Id: t' "
        "-b hidden -d '{}'"
    )

    assert body == "{}"
    assert fates == {
        "--user": Fate.WITHHELD,
        "--cookie": Fate.WITHHELD,
        "Cookie": Fate.WITHHELD,
        "My-Token": Fate.WITHHELD,
        "X-Bkapi-Authorization": Fate.WITHHELD,
        "X-Bk-Tenant-Id": Fate.DROPPED,
        "bk_token": Fate.WITHHELD,
        "lang": Fate.DROPPED,
        "user of the URL": Fate.WITHHELD,
    }
    assert "hidden" not in repr(curl.request("f", b"curl -u hidden fast_execute_script -d 1")[1])
    assert credentials.header("Accept") == ()


def test_another_call_is_told() -> None:
    """A URL that does not name the call is worth a second look."""
    assert sent("curl http://h/run -d '{}'")[1] == {"URL": Fate.CARRIED}
    assert sent("curl 'http://h/\x01' -d '{}'")[1] == {"URL": Fate.CARRIED}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("curl x -d @body.json", "--data @body.json: no file is read"),
        ("curl x --json @-", "--json @-: no file is read"),
        ("curl x -F a=b", "with --form: it sends no JSON body"),
        ("curl -G x -d a=b", "with --get: it sends no JSON body"),
        ("curl x --frobnicate", "with --frobnicate: it is not known"),
        ("curl x -?", "with -?: it is not known"),
        ("curl x -d", "--data has no value"),
        ("curl x", "the command sends no body"),
        ("curl x -d 1 -d 2", "put together from several parts"),
        ("curl x -d 1 --json 2", "put together from several parts"),
        ('curl x -d "$BODY"', "a shell would put a variable"),
        ("curl -X GET x -d 1", "a GET request"),
        ("curl x -d 1 | jq .", "begins something beside the command"),
    ],
)
def test_what_cannot_be_imported(command: str, said: str) -> None:
    """Each way to send something else is refused by its name, with a mend."""
    with pytest.raises(CheckError) as stopped:
        sent(command)

    assert said in stopped.value.message
    assert stopped.value.mend


def test_a_command_is_utf8() -> None:
    """Bytes that are no text are refused as such."""
    with pytest.raises(CheckError, match=r"cannot read the curl command in curl\.txt"):
        curl.request("curl.txt", b"curl \xff")


@pytest.mark.parametrize("text", [b"{}", b"", b"curly", b"wget x", b'{"a": "curl"}'])
def test_what_is_no_command(text: bytes) -> None:
    """A document is told from a command."""
    assert not curl.is_command(text)
