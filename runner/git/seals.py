"""Signed commits of a chain: who may sign what comes next stands in the chain itself.

A signature stands in a header of its commit, over all else of it: tree, parent, date and message.
The keys that count stand in a file of the tree. So two kinds of commits tell of all others: the
newest, and those that changed that file; nobody who looks would have signed upon any that is not
sound. Each is held against the keys in the tree of its parent, and the first against its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from runner import canon, narrow, wire
from runner.errors import CheckError, RepositoryError
from runner.model import Blob, Commit, Signed
from runner.outcomes import Signatures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.git.gitobjects import CommitObject
    from runner.git.repository import Git

FILE = "runners.json"
HEADER = b"jobgate-signature"
_GIVE = "give a runner's key: `--runner-key FILE`, or its path in JOBGATE_RUNNER_KEY"


class Signer(Protocol):
    """Makes and checks signatures; `key` is the public half of what it signs with, if it can."""

    def key(self) -> str | None:
        """Return the public key; raise CheckError when there is one that cannot be used."""
        ...

    def sign(self, statement: bytes) -> str:
        """Return the armoured signature; raise CheckError when it cannot be made."""
        ...

    def verify(self, signed: Signed, keys: tuple[str, ...]) -> bool:
        """Tell whether one of `keys` made the signature."""
        ...


class Nobody:
    """Signs nothing, and believes no signature."""

    def key(self) -> str | None:
        """Return None."""
        return None

    def sign(self, statement: bytes) -> str:
        """Refuse."""
        del statement
        raise CheckError("cannot sign: there is no key", mend=_GIVE)

    def verify(self, signed: Signed, keys: tuple[str, ...]) -> bool:
        """Return False."""
        del signed, keys
        return False


class Seals:
    """The signatures of one chain."""

    def __init__(self, git: Git, signer: Signer, *, writes: bool = False) -> None:
        """Sign and verify by `signer`. Who `writes` needs to know the commits before the tip."""
        self._git = git
        self._signer = signer
        self._writes = writes
        self._sound: Commit | None = None  # the newest commit that was checked

    def keys(self, commit: Commit) -> tuple[str, ...]:
        """Return the keys of which one must sign what follows `commit`; empty: none has to."""
        tree = self._git.tree(commit)
        if tree.entry(FILE) is None:
            return ()
        blob = tree.read(FILE)
        try:
            return narrow.texts(wire.loads(blob.content if isinstance(blob, Blob) else b""), "keys")
        except (ValueError, TypeError, RecursionError) as error:
            raise _unsound(f"{FILE} at {commit} is malformed") from error

    def check(self, tip: Commit) -> None:
        """Raise RepositoryError unless `tip` and all below it are signed as they have to be."""
        if tip != self._sound:
            for commit in (tip, *self._changes(tip)):
                if not self._holds(commit, self._due(commit)):
                    raise _unsound(f"{commit} is not signed by a runner who could sign it")
            self._sound = tip

    def signatures(self, commits: Iterable[Commit]) -> Signatures:
        """Return what each of `commits`, the whole chain, is signed by."""
        due = [(commit, keys) for commit in commits if (keys := self._due(commit))]
        bad = tuple(commit for commit, keys in due if not self._holds(commit, keys))
        return Signatures(due=len(due), bad=bad)

    def able(self, keys: tuple[str, ...]) -> None:
        """Raise RepositoryError unless we could sign what one of `keys` has to sign."""
        if not keys:
            return
        try:
            ours = self._signer.key()
        except CheckError as error:
            raise _unsigned(error.message, error.mend) from error
        if ours is None:
            raise _unsigned("the policy in force names runners, and no key was given", _GIVE)
        if ours not in keys:
            shown = f"{ours[:32]}…{ours[-8:]}"
            raise _unsigned(f"the policy in force does not name {shown} among its runners", _GIVE)

    def sealed(self, commit: Commit, keys: tuple[str, ...]) -> Commit:
        """Return a commit like `commit`, signed; raise RepositoryError where we cannot sign it."""
        self.able(keys)
        made = self._git.objects.commit(commit)
        try:
            signature = self._signer.sign(_content(made.headers, made.message))
        except CheckError as error:
            raise _unsigned(error.message, error.mend) from error
        value = signature.strip().encode().replace(b"\n", b"\n ")
        headers = (*made.headers, HEADER + b" " + value)
        return self._git.keep_commit(_content(headers, made.message))

    def _changes(self, tip: Commit) -> list[Commit]:
        """Return the commits that changed who may sign, since what was checked before."""
        known = () if self._sound is None else (f"^{self._git.objects.named(self._sound)}",)
        found = self._git.call.out(
            "log", "--first-parent", "--no-renames", "--format=%H", tip, *known, "--", FILE
        )
        lines = found.decode("ascii", "replace").split()
        return [Commit(self._git.objects.named(line)) for line in lines]

    def _due(self, commit: Commit) -> tuple[str, ...]:
        """Return the keys of which one must have signed `commit`."""
        parents = self._git.objects.commit(commit).parents
        try:
            return self.keys(parents[0] if parents else commit)
        except RepositoryError:
            # Who adds to it must know; who only reads what was cut off sees no keys to ask for.
            cut = self._git.shallow() and not self._writes
            if cut and not self.keys(commit):
                return ()
            raise

    def _holds(self, commit: Commit, keys: tuple[str, ...]) -> bool:
        if not keys:
            return True
        signed = _signed(self._git.objects.commit(commit))
        return signed is not None and self._signer.verify(signed, keys)


def content(keys: tuple[str, ...], seq: int) -> bytes:
    """Return the file that names who may sign what comes after entry `seq`."""
    # With the number no two changes leave the same file, so that each of them shows.
    return canon.encode({"keys": [*keys], "seq": seq}) + b"\n"


def _content(headers: Iterable[bytes], message: bytes) -> bytes:
    return b"\n".join(headers) + b"\n\n" + message


def _signed(commit: CommitObject) -> Signed | None:
    """Return what a commit's signature is over, and the signature; None where it has none."""
    headers = commit.headers
    at = next((at for at, line in enumerate(headers) if line.startswith(HEADER + b" ")), None)
    if at is None or not all(line.startswith(b" ") for line in headers[at + 1 :]):
        return None
    lines = [headers[at].removeprefix(HEADER + b" "), *(line[1:] for line in headers[at + 1 :])]
    signature = b"\n".join(lines).decode("ascii", "replace") + "\n"
    return Signed(statement=_content(headers[:at], commit.message), signature=signature)


def _unsound(why: str) -> RepositoryError:
    return RepositoryError(
        f"cannot trust the journal: {why}",
        mend="find out who pushed it, and put its ref back to the newest commit that is signed",
    )


def _unsigned(why: str, mend: str) -> RepositoryError:
    return RepositoryError(f"cannot add to the journal: {why}", mend=mend)
