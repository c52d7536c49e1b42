"""SSH signatures, made and checked by `ssh-keygen -Y`: of approvals, and of the journal.

Each has a namespace of its own, so that no signature passes for one of the other kind.

Agents, hardware keys and passphrases are ssh-keygen's business. Whose keys count for a person is
the policy's; a signature that cannot be checked, for whatever reason, is not one.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import CheckError
from runner.model import Signed

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE = "jobgate"  # of approvals
JOURNAL = "jobgate-journal"
_PRINCIPAL = "person"
_SECONDS = 20.0
_PERSON_SECONDS = 180.0  # somebody may have to type a passphrase or touch a key
_LARGEST = 64 * 1024
_SHORTEST_RSA = 2048 // 8
# Each type, and how many fields follow its name within the key.
_TYPES = {
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
    "sk-ssh-ed25519@openssh.com": 2,
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
}


class SshKeys:
    """Signs and verifies. Only with `prompts` may ssh-keygen ask the person at the terminal."""

    def __init__(self, *, prompts: bool = False, namespace: str = NAMESPACE) -> None:
        """Say whether somebody is there to be asked for a passphrase."""
        self._prompts = prompts
        self._namespace = namespace
        self._known: dict[tuple[Signed, tuple[str, ...]], bool] = {}

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
        return self.verified([(signed, keys)])[0]

    def verified(self, asked: Sequence[tuple[Signed, tuple[str, ...]]]) -> tuple[bool, ...]:
        """Tell of each signature whether one of the keys beside it made it."""
        new = [each for each in dict.fromkeys(asked) if each not in self._known]
        # A process each: they are what takes the time, and the machine has several processors.
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            self._known |= zip(new, pool.map(lambda each: self._verify(*each), new), strict=True)
        return tuple(self._known[each] for each in asked)

    def _verify(self, signed: Signed, keys: tuple[str, ...]) -> bool:
        known = [key for key in map(normal, keys) if key is not None]
        signature = signed.signature.encode(errors="replace")
        if not known or max(len(signature), len(signed.statement)) > _LARGEST:
            return False
        lines = "".join(f'{_PRINCIPAL} namespaces="{self._namespace}" {key}\n' for key in known)
        try:
            with tempfile.TemporaryDirectory(prefix="jobgate-") as folder:
                allowed, made = Path(folder) / "allowed", Path(folder) / "signature"
                allowed.write_text(lines)
                made.write_bytes(signature)
                argv = ["-Y", "verify", "-n", self._namespace, "-I", _PRINCIPAL]
                _asked([*argv, "-f", str(allowed), "-s", str(made)], signed.statement)
        except (CheckError, OSError):
            return False
        return True


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
    """Return the public half of a key file as `normal` writes it; raise CheckError without one."""
    path = Path(key_file)
    beside = path if path.suffix == ".pub" else Path(f"{key_file}.pub")
    try:
        text = beside.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        text = _asked(["-y", "-f", str(path.absolute())], b"").decode("ascii", "replace")
    key = normal(text.strip())
    if key is None:
        raise CheckError(
            f"cannot use the key {key_file}: its type is not one that jobgate takes",
            mend="make an ed25519 key: `ssh-keygen -t ed25519`",
        )
    return key


def normal(key_text: str) -> str | None:
    """Return "type base64" of one public key, its comment left out; None when it is no key.

    Options before the type, certificates, DSA, and RSA below 2048 bits are no keys here.
    """
    if not key_text.isprintable():
        return None
    kind, _, rest = key_text.strip(" ").partition(" ")
    encoded = rest.strip(" ").partition(" ")[0]
    try:
        content = base64.b64decode(encoded, validate=True)
        fields = _fields(content)
    except ValueError:
        return None
    if kind not in _TYPES or len(fields) != 1 + _TYPES[kind] or fields[0] != kind.encode():
        return None
    if kind == "ssh-rsa" and len(fields[2].lstrip(b"\0")) < _SHORTEST_RSA:
        return None
    return f"{kind} {base64.b64encode(content).decode()}"  # one key has one spelling


def _fields(content: bytes) -> list[bytes]:
    """Return the length-prefixed strings that `content` consists of; raise ValueError if not."""
    fields: list[bytes] = []
    while content:
        size = int.from_bytes(content[:4], "big")
        if len(content) < 4 + size:
            message = "a field is cut short"
            raise ValueError(message)
        fields.append(content[4 : 4 + size])
        content = content[4 + size :]
    return fields


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
            env={**os.environ, "LC_ALL": "C", **silent},
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
