"""How git is called: in which surroundings, and what becomes of its words."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from runner.errors import RepositoryError
from runner.git import gitcall
from tests import repos

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType


def test_git_variables_are_scrubbed_but_for_the_way_to_a_remote() -> None:
    """What would lead git astray is gone; how to log in somewhere stays; nothing prompts."""
    kept = gitcall.environment(
        {
            "GIT_DIR": "/elsewhere",
            "GIT_OBJECT_DIRECTORY": "/elsewhere",
            "GIT_CONFIG_COUNT": "1",
            "GIT_SSL_NO_VERIFY": "1",
            "GIT_SSH_COMMAND": "ssh -i key",
            "GIT_ALLOW_PROTOCOL": "file:ext",
            "HOME": "/home/ann",
            "LC_ALL": "de_DE.UTF-8",
        }
    )
    assert kept == {
        "GCM_INTERACTIVE": "never",
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_GRAFT_FILE": "/dev/null",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_SSH_COMMAND": "ssh -i key",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": "/home/ann",
        "LANGUAGE": "C",
        "LC_ALL": "C",
    }


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (b"fatal: no\n", "fatal: no"),
        (b"error: one\nhint: do this\n\n  two\tthree \n", "error: one; two three"),
        (b"remote: \x1b[31mred\x07\xff", "remote: ?[31mred?\ufffd"),
        ("remote: \u202eabc".encode(), "remote: ?abc"),
        (b"unable to access 'https://ann:token@host/x/'", "unable to access 'https://***@host/x/'"),
        (b"x" * 5000, "x" * 1000),
    ],
)
def test_words_are_cleaned(words: bytes, shown: str) -> None:
    """Git's words are one bounded line without control characters or credentials."""
    assert gitcall.clean(words) == shown


def test_a_call_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """A git that does not answer in time is an error, and is not left running."""
    repository = repos.make(tmp_path / "repository")
    repos.run(repository, "config", "alias.hang", "!sleep 60")
    with pytest.raises(RepositoryError, match=r"cannot wait for git hang .* in 0 seconds"):
        gitcall.Call(repository).run("hang", seconds=0.05)


def test_an_interrupted_call_is_ended(tmp_path: Path) -> None:
    """A git that is under way when its caller is interrupted is not left running."""
    repository = repos.make(tmp_path / "repository")
    repos.run(repository, "config", "alias.hang", "!sleep 0.5; touch late")

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            gitcall.Call(repository).run("hang")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    time.sleep(0.6)
    assert not (repository / "late").exists()


def test_a_failed_call_says_what_git_said(tmp_path: Path) -> None:
    """The error of a call that must not fail holds git's own words."""
    call = gitcall.Call(repos.make(tmp_path / "repository"))
    with pytest.raises(RepositoryError, match=r"cannot call git mktree: fatal: .*nonsense"):
        call.out("mktree", stdin=b"nonsense")


def test_a_missing_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git on the PATH there is a mend to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match="it is not installed"):
        gitcall.Call(tmp_path)


@pytest.mark.parametrize("words", ["git version 2.30.9", "git version 1.9", "no version at all"])
def test_an_old_git_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """A git before 2.31, or one that does not tell, is refused by its own words."""
    program = tmp_path / "git"
    program.write_text(f"#!/bin/sh\necho {words}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(RepositoryError, match=f"cannot use {words}: it is older than 2.31"):
        gitcall.Call(tmp_path)


def test_a_git_that_cannot_be_run_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that the system refuses to run is an error with the system's words."""
    program = tmp_path / "git"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match=r"cannot call git: .*Exec format error"):
        gitcall.Call(tmp_path)
