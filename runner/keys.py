"""SSH signatures, made and checked by `ssh-keygen -Y`: of approvals, and of the journal.

Each has a namespace of its own, so that no signature passes for one of the other kind.

Agents, hardware keys and passphrases are ssh-keygen's business. Whose keys count for a person is
the policy's; a signature that cannot be checked, for whatever reason, is not one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from runner import publickeys
from runner.errors import CheckError
from runner.model import Signed
from runner.terms import Signer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

NAMESPACE = "jobgate"  # of approvals
JOURNAL = "jobgate-journal"
_PRINCIPAL = "person"
_SECONDS = 20.0
_PERSON_SECONDS = 180.0  # somebody may have to type a passphrase or touch a key
_LARGEST = 64 * 1024
# ssh-keygen reads and is given instants without a zone, in this one.
_ZONE = "UTC0"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """Whether one of the signers made a signature; `at` where the instant matters, else empty."""

    signed: Signed
    signers: tuple[Signer, ...]
    at: str = ""


class SshKeys:
    """Signs and verifies. Only with `prompts` may ssh-keygen ask the person at the terminal."""

    def __init__(self, *, prompts: bool = False, namespace: str = NAMESPACE) -> None:
        """Say whether somebody is there to be asked for a passphrase."""
        self._prompts = prompts
        self._namespace = namespace
        self._known: dict[_Question, bool] = {}

    def sign(self, statement: bytes, key_file: str) -> str:
        """Return the armoured signature; raise CheckError when it cannot be made."""
        if not Path(key_file).is_file():
            raise CheckError(
                f"cannot sign: there is no key file {key_file}",
                mend="name your private key, or the public half of a key that your agent holds",
            )
        argv = ["-Y", "sign", "-n", self._namespace, "-f", str(Path(key_file).absolute())]
        signature = _asked(argv, statement, prompts=self._prompts).decode("ascii", "replace")
        if not signature.startswith("-----BEGIN SSH SIGNATURE-----"):
            raise CheckError(
                "cannot sign: ssh-keygen made no signature", mend="use OpenSSH 8.9 or newer"
            )
        return signature

    def verify(self, signed: Signed, keys: tuple[str, ...]) -> bool:
        """Tell whether one of `keys` (public, authorized_keys form) made the signature."""
        signers = tuple(Signer(principals=(_PRINCIPAL,), key=key) for key in keys)
        return self._answers([_Question(signed=signed, signers=signers)])[0]

    def verified(
        self, asked: Sequence[tuple[Signed, tuple[Signer, ...]]], at: datetime
    ) -> tuple[bool, ...]:
        """Tell of each signature whether one of the signers beside it made it, and could `at` that.

        That is an instant of the one who judges, never one that a signer claims.
        """
        when = at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
        return self._answers(
            [
                _Question(signed=signed, signers=signers, at=when if _moves(signers) else "")
                for signed, signers in asked
            ]
        )

    def _answers(self, asked: Sequence[_Question]) -> tuple[bool, ...]:
        new = [each for each in dict.fromkeys(asked) if each not in self._known]
        times = {each.at for each in new} - {""}
        if times:  # what held at another instant says nothing any more, and would only pile up
            kept = times | {""}
            self._known = {each: said for each, said in self._known.items() if each.at in kept}
        # A process each: they are what takes the time, and the machine has several processors.
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            self._known |= zip(new, pool.map(self._verify, new), strict=True)
        return tuple(self._known[each] for each in asked)

    def _verify(self, asked: _Question) -> bool:
        signature = asked.signed.signature.encode(errors="replace")
        if max(len(signature), len(asked.signed.statement)) > _LARGEST:
            return False
        try:
            with tempfile.TemporaryDirectory(prefix="jobgate-") as folder:
                allowed, made = Path(folder) / "allowed", Path(folder) / "signature"
                made.write_bytes(signature)
                argv = ["-Y", "verify", "-n", self._namespace, "-f", str(allowed), "-s", str(made)]
                argv += ["-O", f"verify-time={asked.at}"] if asked.at else []
                for principal, lines in _allowed(asked.signers, self._namespace).items():
                    allowed.write_text(lines)
                    if _holds([*argv, "-I", principal], asked.signed.statement):
                        return True
        except OSError:
            return False
        return False


class RunnerKey:
    """The key that a runner signs the journal with, if it has one."""

    def __init__(self, file: Path | None, *, prompts: bool = False) -> None:
        """Take the private key in `file`, or the public half of one that an agent holds."""
        self._file = None if file is None else str(file)
        self._keys = SshKeys(prompts=prompts, namespace=JOURNAL)
        self._public: str | None = None

    def key(self) -> str | None:
        """Return the public key; raise CheckError when there is one that cannot be used."""
        if self._public is None and self._file is not None:
            self._public = public_key(self._file)
        return self._public

    def sign(self, statement: bytes) -> str:
        """Return the armoured signature; raise CheckError when it cannot be made."""
        return self._keys.sign(statement, self._file or "")

    def verify(self, signed: Signed, keys: tuple[str, ...]) -> bool:
        """Tell whether one of `keys` (public, authorized_keys form) made the signature."""
        return self._keys.verify(signed, keys)


class Trial:
    """OpenSSH as it is installed, and whether it signs and verifies."""

    def version(self) -> tuple[int, int]:
        """Return the two numbers of OpenSSH's version; raise CheckError when it does not tell."""
        program = shutil.which("ssh")
        if program is None:
            raise CheckError("cannot find ssh", mend="install OpenSSH 8.9 or newer")
        try:
            done = subprocess.run(
                [program, "-V"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CheckError(
                f"cannot ask ssh for its version: {type(error).__name__}",
                mend="look at the installed OpenSSH",
            ) from error
        found = re.match(rb"OpenSSH_[A-Za-z_]*(\d+)\.(\d+)", done.stderr)
        if found is None:
            raise CheckError(
                "cannot tell the version of ssh: it is not OpenSSH", mend="install OpenSSH"
            )
        return int(found[1]), int(found[2])

    def trial(self) -> str:
        """Sign with a key that nobody keeps, and verify; raise CheckError where that fails.

        Nothing is left untried: the answer is empty.
        """
        statement, keys = b"jobgate doctor", SshKeys()
        with tempfile.TemporaryDirectory(prefix="jobgate-") as folder:
            file = str(Path(folder) / "key")
            _asked(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file], b"")
            signed = Signed(statement=statement, signature=keys.sign(statement, file))
            known = (public_key(file),)
        other = Signed(statement=b"another", signature=signed.signature)
        if not keys.verify(signed, known) or keys.verify(other, known):
            raise CheckError(
                "cannot rely on ssh-keygen: it does not tell a signature from one of another text",
                mend="use OpenSSH 8.9 or newer",
            )
        return ""


def public_key(key_file: str) -> str:
    """Return the public half of a key file in its one spelling; raise CheckError without one."""
    key = publickeys.normal(_public_half(key_file))
    if key is None:
        raise _no_key(key_file)
    return key


def signing_key(key_file: str) -> str:
    """Return the public half of a key file, or the certificate that it is; else as `public_key`."""
    text = _public_half(key_file)
    if publickeys.certificate(text) is None:
        return public_key(key_file)
    return " ".join(text.split()[:2])


def _public_half(key_file: str) -> str:
    path = Path(key_file)
    beside = path if path.suffix == ".pub" else Path(f"{key_file}.pub")
    try:
        text = beside.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        text = _asked(["-y", "-f", str(path.absolute())], b"").decode("ascii", "replace")
    return text.strip()


def _no_key(key_file: str) -> CheckError:
    return CheckError(
        f"cannot use the key {key_file}: its type is not one that jobgate takes",
        mend="make an ed25519 key: `ssh-keygen -t ed25519`",
    )


def _moves(signers: Iterable[Signer]) -> bool:
    """Tell whether what holds of them may be another thing at another instant."""
    return any(each.authority or each.valid_after or each.valid_before for each in signers)


def _allowed(signers: Iterable[Signer], namespace: str) -> dict[str, str]:
    """Return the lines that ssh-keygen is to go by, by the principal that it is to be asked for.

    A key is its owner's whatever the principal; of a certificate it must be one that it bears.
    """
    lines: dict[str, str] = {}
    for signer in signers:
        key = publickeys.normal(signer.key)
        if key is None:
            continue
        options = [f'namespaces="{namespace}"']
        options += [f'valid-after="{signer.valid_after}"'] * bool(signer.valid_after)
        options += [f'valid-before="{signer.valid_before}"'] * bool(signer.valid_before)
        options += ["cert-authority"] * signer.authority
        for principal in signer.principals if signer.authority else (_PRINCIPAL,):
            line = f"{principal} {','.join(options)} {key}\n"
            lines[principal] = lines.get(principal, "") + line
    return lines


def _holds(argv: list[str], statement: bytes) -> bool:
    try:
        _asked(argv, statement)
    except CheckError:
        return False
    return True


def _asked(argv: list[str], stdin: bytes, *, prompts: bool = False) -> bytes:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise CheckError("cannot find ssh-keygen", mend="install OpenSSH 8.9 or newer")
    silent = {} if prompts else {"SSH_ASKPASS_REQUIRE": "never"}
    try:
        done = subprocess.run(
            [program, *argv],
            input=stdin,
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C", "TZ": _ZONE, **silent},
            start_new_session=not prompts,
            timeout=_PERSON_SECONDS if prompts else _SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CheckError(
            f"cannot get an answer from ssh-keygen: {type(error).__name__}",
            mend="look at the key, its agent and its token",
        ) from error
    if done.returncode != 0:
        words = " ".join(done.stderr.decode("utf-8", "replace").split())
        said = "".join(letter if letter.isprintable() else "?" for letter in words)[:500]
        raise CheckError(
            f"cannot get an answer from ssh-keygen: {said or 'it said nothing'}",
            mend="look at the key; if it has a passphrase, load it first: `ssh-add`",
        )
    return done.stdout
