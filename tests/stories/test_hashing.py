"""`jobgate hash-secret`: a secret in, never as an argument, and its line out."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli import program
from runner.server import passwords

pytestmark = pytest.mark.stories

HERE = Path(program.__file__).parents[2]
COMMAND = (sys.executable, "-m", "runner", "hash-secret")
PROMPT = re.compile(rb"Secret: |confirmation: ")
# Makes the terminal the one that the process asks, and then becomes the command.
ON_A_TERMINAL = """\
import os, sys
terminal = os.open(sys.argv[1], os.O_RDWR)
os.dup2(terminal, 0)
os.execv(sys.argv[2], sys.argv[2:])
"""


def _hashed(given: bytes) -> Result:
    return CliRunner().invoke(program.group, ["hash-secret"], input=given)


@pytest.mark.parametrize(
    ("given", "secret"),
    [
        (b" p\xc3\xa4ss word \r\n", " päss word "),
        (b"s3cret", "s3cret"),
        (b"x" * passwords.LONGEST + b"\n", "x" * passwords.LONGEST),
    ],
)
def test_a_secret_is_read_from_standard_input(given: bytes, secret: str) -> None:
    """One line end is not part of it; the line that comes out is costly to guess from."""
    done = _hashed(given)
    line = done.stdout

    assert (done.exit_code, done.stderr) == (0, "")
    assert line.startswith("scrypt$16384$8$5$")
    assert line.endswith("\n")
    assert passwords.is_behind(secret, line[:-1])


def test_one_secret_has_many_lines() -> None:
    """The salt is drawn anew each time."""
    assert _hashed(b"a").stdout != _hashed(b"a").stdout


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b"", "no secret"),
        (b"\n", "no secret"),
        (b"a\nb\n", "one line"),
        (b"x" * (passwords.LONGEST + 1), "at most 1024 bytes"),
        (b"\xff\n", "not UTF-8"),
    ],
)
def test_what_is_no_secret_is_refused(given: bytes, reason: str) -> None:
    """With 2 and the reason, and without repeating it."""
    done = _hashed(given)

    assert (done.exit_code, done.stdout) == (2, "")
    assert reason in done.stderr


def test_a_secret_is_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """Everyone on the machine could see it there."""
    assert program.run(["hash-secret", "s3cret"]) == 2
    assert capsys.readouterr().out == ""


def test_a_new_secret_is_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    """It is long, it comes before its line, and that is cheap to check."""
    assert program.run(["hash-secret", "--new"]) == 0
    secret, line = capsys.readouterr().out.splitlines()

    assert len(secret) == 43
    assert line.startswith("scrypt$2$8$1$")
    assert passwords.is_behind(secret, line)


def test_a_terminal_asks_twice_and_shows_nothing() -> None:
    """What is typed is not echoed; two that differ are asked for once more."""
    typed = (b"s3cret", b"other", b"s3cret", b"s3cret")
    master, slave = pty.openpty()
    with subprocess.Popen(
        (sys.executable, "-c", ON_A_TERMINAL, os.ttyname(slave), *COMMAND),
        cwd=HERE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        shown = b""
        for number, line in enumerate(typed):
            while len(PROMPT.findall(shown)) <= number:
                shown += os.read(master, 1024)
            os.write(master, line + b"\n")
        out, _ = process.communicate()
    os.close(slave)
    os.close(master)

    assert passwords.is_behind("s3cret", out.decode().strip())
    assert b"s3cret" not in shown
