"""Keys and certificates are read from their text; certificates of the real ssh-keygen."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest

from runner import publickeys

if TYPE_CHECKING:
    from pathlib import Path


def packed(*fields: bytes) -> bytes:
    """Return length-prefixed strings."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def written(kind: str, content: bytes) -> str:
    """Return a key or a certificate as text."""
    return f"{kind} {base64.b64encode(content).decode()}"


def keygen(*words: str) -> None:
    """Run ssh-keygen; it must succeed."""
    subprocess.run(("ssh-keygen", "-q", *words), check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an authority and the keys of others, of each type without hardware."""
    made = tmp_path_factory.mktemp("keys")
    for kind, more in (("ed25519", ()), ("ecdsa", ()), ("rsa", ("-b", "2048"))):
        keygen("-N", "", "-t", kind, *more, "-f", str(made / kind))
    keygen("-N", "", "-t", "ed25519", "-f", str(made / "ca"))
    return made


def certified(folder: Path, kind: str, *words: str) -> str:
    """Return the text of a certificate of one of the keys."""
    keygen("-s", str(folder / "ca"), "-I", "an id", *words, str(folder / f"{kind}.pub"))
    return (folder / f"{kind}-cert.pub").read_text().strip()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_certificate_of_each_type(folder: Path, kind: str) -> None:
    """Whose it is and who made it are read, whatever the type of its key; it is no key itself."""
    text = certified(folder, kind, "-n", "ann,ann@example.org", "-V", "+1d")
    made = publickeys.certificate(text)

    assert made is not None
    assert made.principals == ("ann", "ann@example.org")
    assert made.authority == publickeys.normal((folder / "ca.pub").read_text().strip())
    assert publickeys.normal(text) is None
    assert publickeys.certificate((folder / f"{kind}.pub").read_text().strip()) is None


def test_a_certificate_for_everybody_or_for_a_host(folder: Path) -> None:
    """One without principals is nobody's; one for a host is none."""
    everybody = publickeys.certificate(certified(folder, "ed25519"))

    assert everybody is not None
    assert everybody.principals == ()
    assert publickeys.certificate(certified(folder, "ed25519", "-h", "-n", "ann")) is None


def test_what_is_no_certificate(folder: Path) -> None:
    """Cut at any place, of a false name, or by an authority whose key is none, it is not read."""
    kind, encoded = certified(folder, "ed25519", "-n", "ann").split()[:2]
    content = base64.b64decode(encoded)
    authority = publickeys.normal((folder / "ca.pub").read_text().strip())
    assert authority is not None
    key = base64.b64decode(authority.split()[1])

    assert publickeys.certificate(written(kind, content)) is not None
    assert publickeys.certificate(f"{kind} !") is None
    assert publickeys.certificate(f"{kind} {encoded}\n") is None
    assert publickeys.certificate(written("ssh-ed25519", content)) is None
    for length in range(len(content) - len(packed(b"x" * 83)) - 1):
        assert publickeys.certificate(written(kind, content[:length])) is None
    for other in (packed(b"ssh-dss", b"p"), packed(b"\xff", b"p"), b"", b"\0"):
        odd = content.replace(packed(key), packed(other))
        assert publickeys.certificate(written(kind, odd)) is None
