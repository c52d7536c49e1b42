"""Dates and certificates are the real ssh-keygen's business, at the instant that it is given."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from runner import keys
from runner.errors import CheckError
from runner.keys import SshKeys
from runner.model import Signed
from runner.terms import Signer

STATEMENT = b'{"digest":"sha256:00","job":"local/a"}'
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NAME = "ann@example.org"


def keygen(*words: str) -> None:
    """Run ssh-keygen; it must succeed."""
    subprocess.run(("ssh-keygen", "-q", *words), check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two authorities and the key of a person."""
    made = tmp_path_factory.mktemp("keys")
    for name in ("ann", "ca", "other"):
        keygen("-N", "", "-C", "", "-t", "ed25519", "-f", str(made / name))
    return made


@pytest.fixture(scope="module")
def plain(folder: Path) -> Signed:
    """Return what the person signed with their key."""
    return signed(str(folder / "ann"))


def signed(file: str) -> Signed:
    """Return the statement as some key or certificate signed it."""
    return Signed(statement=STATEMENT, signature=SshKeys().sign(STATEMENT, file))


def certified(folder: Path, tmp_path: Path, *words: str, by: str = "ca") -> Signed:
    """Return what the person signed with a certificate made like that."""
    for name in ("ann", "ann.pub"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "ann").chmod(0o600)
    keygen("-s", str(folder / by), "-I", "id", *words, str(tmp_path / "ann.pub"))
    return signed(str(tmp_path / "ann-cert.pub"))


def holds(made: Signed, *signers: Signer, at: datetime = NOON) -> bool:
    """Tell whether a signature holds at an instant."""
    return SshKeys().verified([(made, signers)], at)[0]


def of(folder: Path, name: str, **more: str) -> Signer:
    """Return a line of `allowed_signers` for the key of a file."""
    return Signer(
        principals=(NAME,),
        key=keys.public_key(str(folder / name)),
        authority=name != "ann",
        valid_after=more.get("after", ""),
        valid_before=more.get("before", ""),
    )


def test_a_key_between_its_dates(folder: Path, plain: Signed) -> None:
    """It holds from the first to the last second, in UTC wherever one is."""
    signer = of(folder, "ann", after="20260501120000", before="20260501120010")

    for seconds, right in ((-1, False), (0, True), (10, True), (11, False)):
        at = NOON + timedelta(seconds=seconds)
        assert holds(plain, signer, at=at) == right
        assert holds(plain, signer, at=at.astimezone(timezone(timedelta(hours=8)))) == right


def test_the_machines_own_zone_is_no_matter(
    folder: Path, plain: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dates without a zone are the same everywhere."""
    signer = of(folder, "ann", before="20260501120000")
    for zone in ("Asia/Shanghai", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        assert holds(plain, signer)
        assert not holds(plain, signer, at=NOON + timedelta(seconds=1))


def test_what_held_is_not_held_for_ever(folder: Path, plain: Signed) -> None:
    """One and the same object answers by the instant, however often and in whatever order."""
    dated = of(folder, "ann", before="20260501120000")
    always = of(folder, "ann")
    known = SshKeys()
    late = NOON + timedelta(seconds=1)

    for _ in range(2):
        asked = [(plain, (dated,)), (plain, (always,)), (plain, (dated, always)), (plain, ())]
        assert known.verified(asked, NOON) == (True, True, True, False)
        assert known.verified(asked, late) == (False, True, True, False)
    assert {each.at for each in known._known} == {"", "20260501120001"}


def test_what_is_no_matter_of_time_is_asked_once(
    folder: Path, plain: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an ssh-keygen, what was found out before is still known."""
    known = SshKeys()
    assert known.verified([(plain, (of(folder, "ann"),))], NOON) == (True,)
    monkeypatch.setenv("PATH", "/nonexistent")

    assert known.verified([(plain, (of(folder, "ann"),))], NOON + timedelta(days=9)) == (True,)
    assert known.verified([(plain, (of(folder, "ann", before="20270101000000"),))], NOON) == (
        False,
    )


def test_a_certificate(folder: Path, tmp_path: Path) -> None:
    """It holds for whom it names, by its authority, while it is valid; for nobody else."""
    made = certified(folder, tmp_path, "-n", NAME, "-V", "20260501000000Z:20260502000000Z")
    signer = of(folder, "ca")
    ben = Signer(principals=("ben@example.org",), key=signer.key, authority=True)
    two = Signer(principals=("ben@example.org", NAME), key=signer.key, authority=True)

    assert holds(made, signer)
    assert holds(made, two)
    assert holds(made, ben, signer)
    assert not holds(made, ben)
    assert not holds(made, of(folder, "other"))
    assert not holds(made, of(folder, "ann"))
    assert not holds(made, Signer(principals=(NAME,), key=signer.key))
    assert not holds(made, signer, at=NOON + timedelta(days=1))
    assert not holds(made, signer, at=NOON - timedelta(days=1))
    dated = of(folder, "ca", before="20260501115959")
    assert not holds(made, dated)


@pytest.mark.parametrize(
    "words",
    [(), ("-n", "ben@example.org"), ("-n", "*@example.org"), ("-h", "-n", NAME)],
)
def test_a_certificate_of_another_kind(
    folder: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """For everybody, for somebody else, with a pattern, or for a host, it does not hold."""
    made = certified(folder, tmp_path, "-V", "20260501000000Z:20260502000000Z", *words)

    assert not holds(made, of(folder, "ca"))


def test_a_certificate_says_who_made_it(folder: Path, tmp_path: Path) -> None:
    """Its own text is what is looked up; a key is as before; what is neither is an error."""
    certified(folder, tmp_path, "-n", NAME)
    text = (tmp_path / "ann-cert.pub").read_text().split()

    assert keys.signing_key(str(tmp_path / "ann-cert.pub")) == " ".join(text[:2])
    assert keys.signing_key(str(tmp_path / "ann")) == keys.public_key(str(tmp_path / "ann"))
    Path(tmp_path / "odd.pub").write_text("ssh-dss AAAA\n")
    with pytest.raises(CheckError, match="its type is not one"):
        keys.signing_key(str(tmp_path / "odd"))


def test_a_person_with_a_key_and_a_certificate(folder: Path, tmp_path: Path, plain: Signed) -> None:
    """Either signs for them; a key stays theirs whatever principal an authority is asked for."""
    made = certified(folder, tmp_path, "-n", NAME, "-V", "20260501000000Z:20260502000000Z")
    both = (of(folder, "ca"), of(folder, "ann"))

    assert SshKeys().verified([(made, both), (plain, both)], NOON) == (True, True)
    assert not holds(plain, of(folder, "ca"))
