"""Calls git, and nothing else does: which git, in what surroundings, and for how long.

A call is a list of arguments without a shell. No setting of the user's environment reaches it but
those that say how to reach a remote; replace refs, grafts, hooks, prompts, pagers and signing are
off; pathspecs are literal; words come in English. What the answer means is left to the callers.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import unicodedata
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from runner.errors import RepositoryError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OLDEST = (2, 31)
SECONDS = 60.0
NETWORK_SECONDS = 300.0

# They choose the configuration and the way to a remote, which only the operator can know.
_KEPT = frozenset(
    {
        "GIT_ASKPASS",
        "GIT_CEILING_DIRECTORIES",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_HTTP_PROXY_AUTHMETHOD",
        "GIT_PROXY_COMMAND",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
    }
)
_SETTINGS = (
    "color.ui=false",
    "commit.gpgSign=false",
    "core.commitGraph=false",  # a cache of the history that nobody re-hashes
    "core.filesRefLockTimeout=3000",
    "core.fsmonitor=false",  # the name of a program
    "core.hooksPath=/dev/null",
    "core.splitIndex=false",
    "core.untrackedCache=false",
    "core.warnAmbiguousRefs=true",
    "credential.interactive=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "http.sslVerify=true",
    "i18n.commitEncoding=UTF-8",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
    "submodule.recurse=false",
    "tag.gpgSign=false",
)
_ADDRESS_SECRET = re.compile(r"(?<=://)[^/@\s]+@")
_WORDS = 1000
_MEND = "read git's words and put it right"
# Git's words for objects that never reached the disk whole, as after a power cut.
_BROKEN = ("corrupt", "is empty", "missing object", "unable to read", "unable to stream")
# By program: it does not change while jobgate runs.
_versions: dict[str, tuple[int, int]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one call came to. `err` is cleaned: fit to be shown, on one line."""

    code: int
    out: bytes
    err: str


class Call:
    """One git program, called in one folder."""

    def __init__(self, folder: Path) -> None:
        """Find git; raise RepositoryError when it is missing, too old, or `folder` is no folder."""
        if not folder.is_dir():
            raise RepositoryError(
                f"cannot open {folder}: it is not a folder", mend="give the folder of a repository"
            )
        program = shutil.which("git")
        if program is None:
            raise RepositoryError(
                "cannot call git: it is not installed", mend="install git 2.31 or newer"
            )
        self._folder = folder
        self._argv = [program, "--no-replace-objects", "--no-pager", "--literal-pathspecs"]
        if program not in _versions:
            _versions[program] = self._version()
        modern = _versions[program] >= (2, 36)
        fsync = "core.fsync=all" if modern else "core.fsyncObjectFiles=true"
        for setting in (*_SETTINGS, fsync):
            self._argv += ["-c", setting]

    @property
    def version(self) -> tuple[int, int]:
        """Return the first two numbers of git's version."""
        return _versions[self._argv[0]]

    def run(
        self,
        *args: str,
        stdin: bytes = b"",
        extra: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
    ) -> Answer:
        """Return git's answer, whatever it is; raise RepositoryError when there is none in time."""
        process = self._popen(list(args), subprocess.PIPE, extra or {})
        with process:
            try:
                out, err = process.communicate(stdin, timeout=seconds)
            except subprocess.TimeoutExpired:
                end(process)
                raise RepositoryError(
                    f"cannot wait for git {args[0]} any longer: no answer in {seconds:.0f} seconds",
                    mend="look at the disk and the network, then run it again",
                ) from None
            except BaseException:
                end(process)
                raise
        return Answer(code=process.returncode, out=out, err=clean(err))

    def out(self, *args: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> bytes:
        """Return what git printed; raise RepositoryError with its words when it failed."""
        answer = self.run(*args, stdin=stdin, extra=extra)
        if answer.code != 0:
            raise failed(f"call git {args[0]}", answer)
        return answer.out

    def start(self, *args: str, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a git that lives on; whoever starts it also ends it."""
        return self._popen(list(args), stderr, {})

    def _popen(
        self, args: list[str], stderr: int | IO[bytes], extra: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [*self._argv, *args],
                cwd=self._folder,
                # As it is by now: what a policy says is secret is taken out when it is known.
                env={**environment(os.environ), **extra},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,  # no terminal to ask at, and one group to end
            )
        except (OSError, ValueError) as error:
            raise RepositoryError(
                f"cannot call git: {clean(str(error).encode())}", mend="look at the installed git"
            ) from error

    def _version(self) -> tuple[int, int]:
        words = self.out("version").decode("ascii", "replace")
        found = re.search(r"(\d+)\.(\d+)", words)
        version = (int(found[1]), int(found[2])) if found else (0, 0)
        if version < OLDEST:
            raise RepositoryError(
                f"cannot use {clean(words.encode())}: it is older than 2.31",
                mend="install git 2.31 or newer",
            )
        return version


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for git: `given` without GIT_*, but for the few that are needed."""
    kept = {
        name: value for name, value in given.items() if not name.startswith("GIT_") or name in _KEPT
    }
    if "GIT_ALLOW_PROTOCOL" in given:  # it may narrow what is allowed, never bring ext back
        allowed = given["GIT_ALLOW_PROTOCOL"].split(":")
        kept["GIT_ALLOW_PROTOCOL"] = ":".join(name for name in allowed if name != "ext")
    return kept | {
        "GCM_INTERACTIVE": "never",
        "GIT_GRAFT_FILE": "/dev/null",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LANGUAGE": "C",
        "LC_ALL": "C",
    }


def clean(words: bytes) -> str:
    """Return git's words on one line, without control characters and without credentials."""
    lines = words.decode("utf-8", "replace").splitlines()
    said = "; ".join(
        " ".join(line.split()) for line in lines if line.strip() and not line.startswith("hint:")
    )
    shown = "".join("?" if unicodedata.category(letter)[0] == "C" else letter for letter in said)
    return _ADDRESS_SECRET.sub("***@", shown)[:_WORDS]


def failed(what: str, answer: Answer, *, mend: str = _MEND) -> RepositoryError:
    """Return the error for a call that failed, with git's own words."""
    words = answer.err or f"git ended with code {answer.code} and said nothing"
    if mend == _MEND and any(word in words for word in _BROKEN):
        mend = "look with `git fsck` for what is broken, and fetch it anew from another clone"
    return RepositoryError(f"cannot {what}: {words}", mend=mend)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a git and all that it started, at once."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
