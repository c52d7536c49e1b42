"""`allowed_signers` is read strictly: whose each key is, since when, and what is wrong where."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from runner import allowedsigners
from runner.canon import sha256
from runner.model import Blob, Checked, Oid, Severity
from runner.terms import Person, Signer
from tests import values


def key(seed: int) -> str:
    """Return a key of its own."""
    fields = (b"ssh-ed25519", bytes([seed]) * 32)
    packed = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return f"ssh-ed25519 {base64.b64encode(packed).decode()}"


ANN = Person(name="ann", emails=("Ann@example.org", "a@home.example"), keys=(key(1),))
BEN = Person(name="ben", emails=("ben@example.org",))
ONE, TWO = key(7), key(8)


def read(text: str | bytes, *people: Person) -> Checked[tuple[Signer, ...]]:
    """Return what a file says."""
    content = text.encode() if isinstance(text, str) else text
    blob = Blob(path="allowed_signers", oid=Oid("0" * 40), sha256=sha256(content), content=content)
    return allowedsigners.read(blob, people or (ANN, BEN))


def test_whose_keys_there_are() -> None:
    """Names and addresses, in whatever case; comments, blank lines and spaces say nothing."""
    text = (
        "# who signs\n"
        "\n"
        f"ann,ANN@example.org {ONE} a comment\n"
        "  \t \n"
        f'  ben@example.org   cert-authority,namespaces="git,jobgate"\t{TWO}\n'
        f'ben valid-after="20260102Z",valid-before="202603040506" {key(9)}\n'
        f'ben valid-before="20260304050607Z" {key(10)}'
    )
    assert read(text) == Checked(
        value=(
            Signer(principals=("ann", "ANN@example.org"), key=ONE, line=3),
            Signer(principals=("ben@example.org",), key=TWO, authority=True, line=5),
            Signer(
                principals=("ben",),
                key=key(9),
                valid_after="20260102000000",
                valid_before="20260304050600",
                line=6,
            ),
            Signer(principals=("ben",), key=key(10), valid_before="20260304050607", line=7),
        )
    )
    found = read(text).value
    assert found is not None
    assert [each.line for each in found] == [3, 5, 6, 7]
    assert read("") == Checked(value=())


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        (f"* {ONE}", "wildcard-principal", "the principal * is not one person"),
        (f"ann,*@example.org {ONE}", "wildcard-principal", "the principal *@example.org"),
        (f"b?n {ONE}", "wildcard-principal", "the principal b?n is not"),
        (f"!ann {ONE}", "wildcard-principal", "the principal !ann is not"),
        (f"cid {ONE}", "unknown-person", "the principal cid is nobody whom `people` lists"),
        (f"ann, {ONE}", "unknown-person", "the principal (empty) is nobody"),
        (f'"ann" {ONE}', "unknown-person", 'the principal "ann" is nobody'),
        ("ann ssh-ed25519 AAAA", "public-key", "cannot read the public key"),
        (f"ann {ONE[:-8]}", "public-key", "cannot read the public key"),
        ("ann", "signer-line", "cannot read the line"),
        (f"ann {ONE}\r", "signer-line", "cannot read the line"),
        (f"ann namespaces=jobgate {ONE}", "signer-line", "cannot read the line"),
        (f'ann namespaces="jobgate", {ONE}', "signer-line", "cannot read the line"),
        (f'ann namespaces="a b" c {ONE}', "signer-line", "cannot read the line"),
        (f"ann no-touch-required {ONE}", "signer-option", "the option no-touch-required is"),
        (f'ann cert-authority="yes" {ONE}', "signer-option", "cert-authority takes no value"),
        (f"ann namespaces {ONE}", "signer-option", "namespaces lacks a value in quotes"),
        (f'ann valid-after="soon" {ONE}', "signer-option", "valid-after is no date: soon"),
        (f'ann valid-before="20261301" {ONE}', "signer-option", "valid-before is no date: 2026"),
        (f'ann valid-before="19700101" {ONE}', "signer-option", "valid-before is no date: 1970"),
        (f'ann valid-before="2026010203" {ONE}', "signer-option", "valid-before is no date: 2026"),
        (
            f'ann valid-after="20260101",VALID-AFTER="20260102" {ONE}',
            "signer-option",
            "valid-after stands twice",
        ),
        (
            f'ann valid-after="20260102",valid-before="20260102" {ONE}',
            "signer-option",
            "valid-after is not before valid-before",
        ),
        (f"ann,ben {ONE}", "shared-identity", f"the key {ONE[:60]} belongs to ann and ben"),
        (f"ben {key(1)}", "shared-identity", f"the key {key(1)[:60]} belongs to ann and ben"),
        (
            f"ben cert-authority {key(1)}",
            "shared-identity",
            "belongs to ann and the authority of certificates",
        ),
        (
            f'ann valid-before="20260102" {key(1)}',
            "signer-option",
            "its dates hold nothing: `people` lists the key without any",
        ),
        (
            f'ann valid-after="20260102" {key(1)}',
            "signer-option",
            "its dates hold nothing: `people` lists the key without any",
        ),
    ],
)
def test_what_is_wrong(line: str, rule: str, message: str) -> None:
    """It is found at its line, whole, and then nobody's key counts."""
    found = read(f"# first\nann {TWO}\n{line}\n")
    [finding] = found.findings

    assert found.value is None
    assert (finding.rule, finding.severity) == (rule, Severity.ERROR)
    assert message in finding.message
    assert finding.mend
    span = finding.place.span
    assert (finding.place.file, span.line, span.column) == ("allowed_signers", 3, 1)
    assert (span.end_line, span.end_column) == (3, len(line) + 1)


def test_everything_wrong_comes_at_once() -> None:
    """In the order of the lines, also what only a look at several of them shows."""
    found = read(f"ann {ONE}\nben {ONE}\n* {TWO}\nann\n")

    assert [(each.rule, each.place.span.line) for each in found.findings] == [
        ("shared-identity", 2),
        ("wildcard-principal", 3),
        ("signer-line", 4),
    ]


def test_a_key_that_signs_and_certifies() -> None:
    """It is nobody's own any more, in whichever order the lines stand."""
    plain, authority = f"ann {ONE}\n", f"ann,ben cert-authority {ONE}\n"

    for text in (plain + authority, authority + plain):
        assert [each.rule for each in read(text).findings] == ["shared-identity"]
    assert read(f"ann,ben cert-authority {ONE}\nben cert-authority {ONE}\n").findings == ()
    assert read(f"ann {ONE}\nann {key(1)}\na@home.example {ONE}\n").findings == ()


@pytest.mark.parametrize(
    ("patterns", "covers"),
    [
        ("jobgate", True),
        ("*", True),
        ("git,job????", True),
        ("git", False),
        ("jobgate-journal", False),
        ("*,!jobgate", False),
        ("!jobgate,*", False),
        ("!git,*", True),
        ("!git", False),
        ("jobgat", False),
        ("", False),
        ("jobgate.", False),
    ],
)
def test_namespaces(patterns: str, covers: object) -> None:
    """A line that leaves ours out is a warning, and counts for nothing."""
    found = read(f'ann namespaces="{patterns}" {ONE}\n')

    assert found.value == ((Signer(principals=("ann",), key=ONE),) if covers else ())
    assert [(each.rule, each.severity) for each in found.findings] == (
        [] if covers else [("signer-namespace", Severity.WARNING)]
    )


def test_a_file_that_is_no_text() -> None:
    """It is a finding of its own."""
    found = read(b"ann \xff\n")

    assert found.value is None
    assert [(each.rule, each.place.file) for each in found.findings] == [
        ("not-utf8", "allowed_signers")
    ]


def test_whose_signature_counts() -> None:
    """A person's keys are those of both files; of an authority only what names the person."""
    dated = Signer(principals=("a@home.example",), key=ONE, valid_before="20260102000000")
    both = Signer(principals=("ANN@example.org", "ben"), key=TWO, authority=True)
    policy = replace(values.policy(), people=(ANN, BEN), signers=(dated, both))

    assert allowedsigners.of(policy, "ann") == (
        Signer(principals=("ann",), key=key(1)),
        dated,
        Signer(principals=("ANN@example.org",), key=TWO, authority=True),
    )
    assert allowedsigners.of(policy, "ben") == (
        Signer(principals=("ben",), key=TWO, authority=True),
    )
    assert allowedsigners.of(policy, "cid") == ()
    assert allowedsigners.who(policy, ONE) == allowedsigners.who(policy, key(1)) == "ann"
    assert allowedsigners.who(policy, TWO) is None
    assert allowedsigners.who(policy, key(30)) is None


def certificate(authority: str, *principals: str) -> str:
    """Return a certificate of some key for somebody, which nobody has signed."""

    def packed(*fields: bytes) -> bytes:
        return b"".join(len(each).to_bytes(4, "big") + each for each in fields)

    kind = "ssh-ed25519-cert-v01@openssh.com"
    content = packed(kind.encode(), b"nonce", bytes(32)) + bytes(8) + (1).to_bytes(4, "big")
    content += packed(b"id", packed(*(each.encode() for each in principals))) + bytes(16)
    content += packed(b"", b"", b"", base64.b64decode(authority.split()[1]), b"unsigned")
    return f"{kind} {base64.b64encode(content).decode()}"


def test_whose_certificate_it_is() -> None:
    """The person's whom it names, and a line of whose authority does; a key certifies nothing."""
    lines = (
        Signer(principals=("ann@example.org", "ben"), key=ONE, authority=True),
        Signer(principals=("ben",), key=TWO),
    )
    policy = replace(values.policy(), people=(ANN, BEN), signers=lines)
    cases = (
        (ONE, ("ann@example.org",), "ann"),
        (ONE, ("root", "ben"), "ben"),
        (ONE, ("ann",), None),
        (ONE, ("Ben",), None),
        (ONE, (), None),
        (TWO, ("ben",), None),
        (key(1), ("ann",), None),
    )

    for authority, principals, whose in cases:
        assert allowedsigners.who(policy, certificate(authority, *principals)) == whose
    assert allowedsigners.who(policy, ONE) is None
