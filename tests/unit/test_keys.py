"""Signatures are made and checked by the real ssh-keygen, and every doubt is a no."""

from __future__ import annotations

import base64
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from runner import keys, publickeys
from runner.errors import CheckError
from runner.keys import SshKeys
from runner.model import Signed

KEYGEN = shutil.which("ssh-keygen") or "ssh-keygen"
STATEMENT = b'{"digest":"sha256:00","job":"local/a"}'


def keygen(folder: Path, name: str, *options: str, lock: str = "") -> str:
    """Make a key pair and return the path of its private half."""
    path = str(folder / name)
    argv = [KEYGEN, "-q", "-N", lock, "-C", "ann at home", "-f", path, *options]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one key pair for each type that needs no hardware."""
    made = tmp_path_factory.mktemp("keys")
    keygen(made, "ann", "-t", "ed25519")
    keygen(made, "ben", "-t", "ecdsa")
    keygen(made, "cid", "-t", "rsa", "-b", "2048")
    keygen(made, "locked", "-t", "ed25519", lock="open sesame")
    return made


@pytest.fixture(scope="module")
def ann(folder: Path) -> Signed:
    """Return a statement that Ann signed."""
    signature = SshKeys().sign(STATEMENT, str(folder / "ann"))
    return Signed(statement=STATEMENT, signature=signature)


@pytest.mark.parametrize("name", ["ann", "ben", "cid"])
def test_a_signature_counts_for_its_key(folder: Path, name: str) -> None:
    """What a key signed is verified by its public half, with or without comment."""
    path = str(folder / name)
    made = Signed(statement=STATEMENT, signature=SshKeys().sign(STATEMENT, path))
    assert SshKeys().verify(made, (keys.public_key(path),))
    assert SshKeys().verify(made, (Path(f"{path}.pub").read_text().strip(),))


def test_one_of_several_keys_is_enough(folder: Path, ann: Signed) -> None:
    """A person with several keys may use any; a malformed one beside it does no harm."""
    known = ("nonsense", *(keys.public_key(str(folder / name)) for name in ("ben", "ann")))
    assert SshKeys().verify(ann, known)


def test_no_other_key_and_no_other_statement_counts(folder: Path, ann: Signed) -> None:
    """A signature by another key, or over other bytes, is not one."""
    mine = (keys.public_key(str(folder / "ann")),)
    assert not SshKeys().verify(ann, (keys.public_key(str(folder / "ben")),))
    assert not SshKeys().verify(ann, ())
    assert not SshKeys().verify(replace(ann, statement=STATEMENT + b" "), mine)
    assert not SshKeys().verify(replace(ann, statement=b"x" * 100_000), mine)


@pytest.mark.parametrize("signature", ["", "x", "-----BEGIN SSH SIGNATURE-----\n", "\ud800\0"])
def test_what_is_no_signature_is_none(folder: Path, ann: Signed, signature: str) -> None:
    """Nonsense in the place of a signature is a no, not an error."""
    mine = (keys.public_key(str(folder / "ann")),)
    assert not SshKeys().verify(replace(ann, signature=signature), mine)


def test_another_namespace_does_not_count(folder: Path) -> None:
    """A signature that the same key made for something else, such as a file, is no approval."""
    argv = [KEYGEN, "-q", "-Y", "sign", "-n", "file", "-f", str(folder / "ann")]
    done = subprocess.run(argv, input=STATEMENT, capture_output=True, check=True)
    made = Signed(statement=STATEMENT, signature=done.stdout.decode())
    assert not SshKeys().verify(made, (keys.public_key(str(folder / "ann")),))


@pytest.mark.parametrize("lead", ["* ", 'namespaces="x" ', "person\n", "cert-authority "])
def test_a_key_with_more_than_a_key_never_counts(folder: Path, ann: Signed, lead: str) -> None:
    """Options, principals and further lines never reach ssh-keygen."""
    key = keys.public_key(str(folder / "ann"))
    assert not SshKeys().verify(ann, (lead + key,))
    assert not SshKeys().verify(ann, (f"{key}\n* {key}",))


def test_without_ssh_keygen_nothing_is_verified(
    folder: Path, ann: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing ssh-keygen is an error to who signs, and a no to who asks."""
    mine = (keys.public_key(str(folder / "ann")),)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert not SshKeys().verify(ann, mine)
    with pytest.raises(CheckError, match="cannot find ssh-keygen"):
        SshKeys().sign(STATEMENT, str(folder / "ann"))


def test_a_broken_ssh_keygen_verifies_nothing(
    folder: Path, ann: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that cannot be run, or that says nothing, verifies and signs nothing."""
    mine = (keys.public_key(str(folder / "ann")),)
    program = tmp_path / "ssh-keygen"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not SshKeys().verify(ann, mine)
    with pytest.raises(CheckError, match="cannot get an answer from ssh-keygen: OSError"):
        SshKeys().sign(STATEMENT, str(folder / "ann"))
    program.write_text("#!/bin/sh\n")
    with pytest.raises(CheckError, match="made no signature"):
        SshKeys().sign(STATEMENT, str(folder / "ann"))


def test_a_key_that_cannot_sign_is_an_error(folder: Path, tmp_path: Path) -> None:
    """A missing key file, a file that is no key, and a locked key are errors with a mend."""
    odd = tmp_path / "odd"
    odd.write_text("no key")
    for path, words in (
        (str(folder / "nobody"), "there is no key file"),
        (str(odd), "cannot get an answer from ssh-keygen"),
        (str(folder / "locked"), "passphrase"),
    ):
        with pytest.raises(CheckError, match=words) as caught:
            SshKeys().sign(STATEMENT, path)
        assert caught.value.exit_code == 1
        assert caught.value.mend


def test_a_public_key_is_found_or_made(folder: Path, tmp_path: Path) -> None:
    """The public half is read from beside the key or from itself, and else made from the key."""
    known = keys.public_key(str(folder / "ann"))
    assert known == keys.public_key(str(folder / "ann.pub"))
    assert known == publickeys.normal((folder / "ann.pub").read_text().strip())
    shutil.copy(folder / "ann", tmp_path / "alone")
    assert keys.public_key(str(tmp_path / "alone")) == known
    with pytest.raises(CheckError, match="cannot get an answer"):
        keys.public_key(str(tmp_path / "nothing"))


def test_a_public_key_of_another_kind_is_an_error(tmp_path: Path) -> None:
    """A file whose public half is no key that counts is an error."""
    (tmp_path / "odd.pub").write_text("ssh-dss AAAA\n")
    with pytest.raises(CheckError, match="its type is not one"):
        keys.public_key(str(tmp_path / "odd"))


def wire(*fields: bytes) -> str:
    """Return the Base64 of length-prefixed strings."""
    packed = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return base64.b64encode(packed).decode()


ED25519 = wire(b"ssh-ed25519", b"k" * 32)


@pytest.mark.parametrize(
    "text",
    [
        f"ssh-ed25519 {ED25519}",
        f"  ssh-ed25519   {ED25519}  a comment with spaces",
        f"ssh-ed25519 {ED25519} ",
    ],
)
def test_a_key_has_one_spelling(text: str) -> None:
    """Spaces and comment are left out."""
    assert publickeys.normal(text) == f"ssh-ed25519 {ED25519}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 AAAA",
        f"ssh-ed25519\t{ED25519}",
        f"ssh-ed25519 {ED25519}\n",
        f"ssh-ed25519 {ED25519[:-8]}",
        f"ssh-rsa {ED25519}",
        f"ssh-ed25519 {wire(b'ssh-ed25519', b'k' * 32, b'more')}",
        f"ssh-ed25519-cert-v01@openssh.com {wire(b'ssh-ed25519-cert-v01@openssh.com', b'k')}",
        f"ssh-dss {wire(b'ssh-dss', b'p', b'q', b'g', b'y')}",
        f"ssh-rsa {wire(b'ssh-rsa', b'e', b'n' * 128)}",
        f'namespaces="x" ssh-ed25519 {ED25519}',
    ],
)
def test_what_is_no_key_is_none(text: str) -> None:
    """Other types, options, short or long keys, and keys under a false name are no keys."""
    assert publickeys.normal(text) is None


def test_two_spellings_of_one_key_are_one() -> None:
    """Base64 with stray bits at its end names no second key."""
    content = wire(b"ssh-rsa", b"e", b"n" * 256 + b"x")
    assert content.endswith("=")
    stray = content.rstrip("=")[:-1] + chr(ord(content.rstrip("=")[-1]) + 1)
    spelled = stray + "=" * (len(content) - len(stray))
    assert publickeys.normal(f"ssh-rsa {spelled}") == publickeys.normal(f"ssh-rsa {content}")


# ---------------------------------------------------------------- OpenSSH itself


def program(folder: Path, name: str, script: str) -> None:
    """Put a script into a folder, to be called as a program."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_this_openssh_does_what_is_needed() -> None:
    """It tells its version, signs and verifies; nothing is left untried."""
    assert keys.Trial().version() >= (8, 9)
    assert keys.Trial().trial() == ""


@pytest.mark.parametrize(
    ("words", "version"),
    [
        ("OpenSSH_8.4p1 Debian-5, OpenSSL 1.1.1n", (8, 4)),
        ("OpenSSH_for_Windows_9.5p2, LibreSSL 3.8.2", (9, 5)),
        ("Sun_SSH_1.1", None),
    ],
)
def test_the_version_of_ssh(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    version: tuple[int, int] | None,
) -> None:
    """It is read from what `ssh -V` says; another program has none."""
    program(tmp_path, "ssh", f"echo '{words}' >&2")
    monkeypatch.setenv("PATH", str(tmp_path))

    if version is not None:
        assert keys.Trial().version() == version
        return
    with pytest.raises(CheckError, match="it is not OpenSSH"):
        keys.Trial().version()


def test_without_ssh_there_is_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where it is missing, nor where it cannot be run."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CheckError, match="cannot find ssh"):
        keys.Trial().version()
    (tmp_path / "ssh").write_bytes(b"")
    (tmp_path / "ssh").chmod(0o755)
    with pytest.raises(CheckError, match="cannot ask ssh for its version"):
        keys.Trial().version()


def test_an_ssh_keygen_that_verifies_everything_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signature of one text must not do for another."""
    program(tmp_path, "ssh-keygen", f'[ "$2" = verify ] && exit 0\nexec {KEYGEN} "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(CheckError, match="does not tell a signature from one of another text"):
        keys.Trial().trial()
