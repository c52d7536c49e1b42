"""Unit tests of the sources of secrets: real variables, files and commands, good ones and bad."""

from __future__ import annotations

import copy
import os
import sys
import time
from pathlib import Path
from typing import Literal

import pytest

from runner.errors import PlatformError
from runner.model import SecretSource
from runner.secretsources import Sources, Values

VALUE = "Corr3ct-Horse"


def source(kind: Literal["env", "file", "command"], *words: str) -> SecretSource:
    """Return a source of the secret `db`."""
    return SecretSource(name="db", kind=kind, source=words, platforms=("*",), paths=("**",))


def printing(code: str) -> SecretSource:
    """Return a source that is a command, which runs this Python."""
    return source("command", sys.executable, "-c", code)


def fault(wanted: SecretSource, sources: Sources | None = None) -> str:
    """Return what is said of a source that gives no value; the value is not in it."""
    with pytest.raises(PlatformError) as caught:
        (sources or Sources({})).value(wanted)
    error = caught.value
    assert error.message.startswith("cannot fetch the secret db: ")
    assert error.mend
    assert error.__cause__ is None
    for word in (VALUE, "Corr3ct"):
        assert word not in f"{error.message}{error.mend}"
    return error.message.removeprefix("cannot fetch the secret db: ")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file that holds the value, for its owner alone."""
    made = tmp_path / "secret"
    made.write_text(VALUE)
    made.chmod(0o600)
    return made


def test_a_variable() -> None:
    """It is taken as it is, down to a blank at its end."""
    assert Sources({"DB": f"{VALUE} "}).value(source("env", "DB")) == f"{VALUE} "
    assert fault(source("env", "DB")) == "the variable DB is not set"
    assert "DB" not in repr(Sources({"DB": VALUE}))


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_one_line_end_is_no_part_of_a_file(file: Path, end: str) -> None:
    """With it or without it, the value is the same."""
    file.write_text(f"{VALUE}{end}", newline="")
    assert Sources({}).value(source("file", str(file))) == VALUE


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_one_line_end_is_no_part_of_what_a_command_prints(end: str) -> None:
    """The same goes for what is printed."""
    code = f"import sys; sys.stdout.buffer.write({VALUE.encode()!r} + {end.encode()!r})"
    assert Sources({}).value(printing(code)) == VALUE


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("1234567", "holds fewer than 8 characters"),
        ("", "holds fewer than 8 characters"),
        (f"{VALUE}\n\n", "holds a line end or another control character"),
        (f"{VALUE}\nmore", "holds a line end or another control character"),
        (f"{VALUE}\x1b[2J", "holds a line end or another control character"),
        (f"{VALUE}\x00", "holds a line end or another control character"),
        (f"{VALUE}\x85", "holds a line end or another control character"),
        ("x" * 4097, "holds more than 4,096 characters"),
        ("x" * 100_000, "holds more than 4,096 characters"),
        ("\udc80" * 8, "holds what is no UTF-8"),
    ],
)
def test_values_that_could_not_arrive_or_not_be_hidden(
    tmp_path: Path, value: str, why: str
) -> None:
    """Whatever the source, it is said what is wrong with the value, and not which it is."""
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(value, "utf-8", "surrogateescape", newline="")
    assert fault(source("file", str(secret))) == f"the file {secret} {why}"
    code = (
        f"import pathlib, sys; sys.stdout.buffer.write(pathlib.Path({str(secret)!r}).read_bytes())"
    )
    assert fault(printing(code)).endswith(f" {why}")


def test_the_bounds_of_a_value(file: Path) -> None:
    """8 characters are enough, and 4,096 are not too many, however many bytes they have."""
    for value in ("12345678", "x" * 4096, "\U0001f511" * 4096, "ünïcödë!"):
        file.write_text(f"{value}\n", "utf-8")
        assert Sources({}).value(source("file", str(file))) == value
    file.write_text("\U0001f511" * 4097, "utf-8")
    assert fault(source("file", str(file))).endswith("holds more than 4,096 characters")


def test_a_variable_that_holds_no_text() -> None:
    """Bytes that are no UTF-8 come in as half characters, and go nowhere."""
    found = fault(source("env", "DB"), Sources({"DB": os.fsdecode(b"\xff" * 9)}))
    assert found == "the variable DB holds what is no UTF-8"
    found = fault(source("env", "DB"), Sources({"DB": f"{VALUE}\n"}))
    assert found.endswith("holds a line end or another control character")


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o620, 0o644, 0o666])
def test_a_file_that_is_open_to_others(file: Path, mode: int) -> None:
    """It is refused, with its mode; a group may read it, and not write."""
    file.chmod(mode)
    with pytest.raises(PlatformError) as caught:
        Sources({}).value(source("file", str(file)))
    assert caught.value.message.endswith(f"is open to other users (mode {mode:04o})")
    assert "chmod 0400" in caught.value.mend
    file.chmod(0o440)
    assert Sources({}).value(source("file", str(file))) == VALUE


def test_what_is_behind_a_link_counts(file: Path, tmp_path: Path) -> None:
    """Secrets that are mounted are links; what they lead to must be as good as any file."""
    link = tmp_path / "link"
    link.symlink_to(file)
    assert Sources({}).value(source("file", str(link))) == VALUE
    file.chmod(0o644)
    assert "is open to other users" in fault(source("file", str(link)))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing", "cannot be read: No such file or directory"),
        ("folder", "is no regular file"),
        ("pipe", "is no regular file"),
        ("loop", "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file(tmp_path: Path, name: str, why: str) -> None:
    """Nothing is waited for, and nothing but a regular file is read."""
    (tmp_path / "folder").mkdir(0o700)
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "loop").symlink_to("loop")
    assert fault(source("file", str(tmp_path / name))) == f"the file {tmp_path / name} {why}"


def test_a_file_of_another_user() -> None:
    """What somebody else owns, they may have put there; root may."""
    if os.geteuid() == 0:
        there = Path("/proc/self/status")
        assert "is open to other users" in fault(source("file", str(there)))
        return
    assert "is open to other users" in fault(source("file", "/etc/passwd"))


def test_a_path_that_is_not_absolute() -> None:
    """It would mean another file in another folder."""
    assert fault(source("file", "secret")) == "the file secret is no absolute path"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("./fetch",), "is neither on the PATH nor an absolute path"),
        (("bin/fetch", "x"), "is neither on the PATH nor an absolute path"),
        (("/nowhere/fetch",), "cannot be run: No such file or directory"),
        (("no-such-command-here",), "cannot be run: No such file or directory"),
        (("/", "x"), "cannot be run: Permission denied"),
        (("printf", "a\0b"), "cannot be run: it holds a NUL"),
        (("false",), "ended with code 1"),
        (("true",), "holds fewer than 8 characters"),
    ],
)
def test_commands_that_give_nothing(words: tuple[str, ...], why: str) -> None:
    """A program of the working tree is not taken: nobody approved it."""
    assert fault(source("command", *words)).endswith(why)


def test_a_command_that_fails_is_not_quoted() -> None:
    """Neither what it printed nor what it complained of is shown, and its value not used."""
    code = f"import sys; print({VALUE!r}); print({VALUE!r}, file=sys.stderr); sys.exit(3)"
    wanted = source("command", sys.executable, "-c", "import sys; sys.exit(3)")
    assert fault(wanted).endswith("ended with code 3")
    with pytest.raises(PlatformError, match=r"ended with code 3$"):
        Sources({}).value(printing(code))


def test_a_command_has_no_shell_no_input_and_no_terminal() -> None:
    """Its words arrive as they are, it has nothing to read, and nothing of the repository by it."""
    assert Sources({}).value(source("command", "printf", "%s", "$HOME;`id`*")) == "$HOME;`id`*"
    code = "import os, sys; print(os.getcwd(), repr(sys.stdin.read()), os.getsid(0) == os.getpid())"
    assert Sources({}).value(printing(code)) == "/ '' True"


def test_a_command_that_takes_too_long_is_ended() -> None:
    """So is all that it began, be it that only its output stays open."""
    sources = Sources({}, seconds=0.3)
    begun = time.monotonic()
    assert fault(printing("import time; time.sleep(60)"), sources).endswith("within 0.3 seconds")
    left = "import os, time\nif os.fork():\n    print('x' * 20)\nelse:\n    time.sleep(60)"
    assert fault(printing(left), sources).endswith("does not end within 0.3 seconds")
    closed = "import os, time; print('x' * 20, flush=True); os.close(1); time.sleep(60)"
    assert fault(printing(closed), sources).endswith("does not end within 0.3 seconds")
    assert time.monotonic() - begun < 30


def test_a_command_that_prints_without_end_is_ended() -> None:
    """No more is read than a value may have."""
    found = fault(printing("while True: print('x' * 1000)"))
    assert found.endswith("holds more than 4,096 characters")


def test_values_show_nothing() -> None:
    """They are a mapping like any other, but for being printed and written away."""
    values = Values({"db": VALUE, "api": "another value"})
    assert values["db"] == VALUE
    assert dict(values) == {"db": VALUE, "api": "another value"}
    assert repr(values) == str(values) == "Values(db, api)"
    with pytest.raises(TypeError, match="not written away"):
        copy.copy(values)
