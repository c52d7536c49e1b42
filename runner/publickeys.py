"""Public keys and certificates of OpenSSH, as text: whether they are some, in one spelling each."""

from __future__ import annotations

import base64
from dataclasses import dataclass

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
_CERTIFICATES = {
    f"{name.removesuffix('@openssh.com')}-cert-v01@openssh.com": fields
    for name, fields in _TYPES.items()
}
_NUMBERS, _USER = 8, 1
_AFTER = 16  # bytes of the two instants that stand between principals and options


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says of itself; nobody has looked at its signature."""

    principals: tuple[str, ...]
    authority: str  # the key that is to have signed it, as `normal` writes it


def normal(key_text: str) -> str | None:
    """Return "type base64" of one public key, its comment left out; None when it is no key.

    Options before the type, certificates, DSA, and RSA below 2048 bits are no keys here.
    """
    kind, content = _split(key_text)
    try:
        fields = _fields(content)
    except ValueError:
        return None
    if kind not in _TYPES or len(fields) != 1 + _TYPES[kind] or fields[0] != kind.encode():
        return None
    if kind == "ssh-rsa" and len(fields[2].lstrip(b"\0")) < _SHORTEST_RSA:
        return None
    return f"{kind} {base64.b64encode(content).decode()}"  # one key has one spelling


def certificate(text: str) -> Certificate | None:
    """Return the certificate that a text is ("type base64", and a comment), or None.

    Only one for a user, and by an authority whose key `normal` takes, is any.
    """
    kind, content = _split(text)
    if kind not in _CERTIFICATES:
        return None
    try:
        rest = content
        for _ in range(2 + _CERTIFICATES[kind]):  # type, nonce, and the fields of the key
            _, rest = _field(rest)
        role = int.from_bytes(rest[_NUMBERS : _NUMBERS + 4], "big")
        _, rest = _field(rest[_NUMBERS + 4 :])
        principals, rest = _field(rest)
        authority = _fields(rest[_AFTER:])[3]
        names = tuple(name.decode() for name in _fields(principals))
        key = normal(f"{_fields(authority)[0].decode()} {base64.b64encode(authority).decode()}")
    except (ValueError, IndexError):
        return None
    if key is None or role != _USER:
        return None
    return Certificate(principals=names, authority=key)


def _split(text: str) -> tuple[str, bytes]:
    """Return the type and the content of a key or certificate; both empty when it is neither."""
    kind, _, rest = text.strip(" ").partition(" ")
    try:
        content = base64.b64decode(rest.strip(" ").partition(" ")[0], validate=True)
    except ValueError:
        return "", b""
    return (kind, content) if text.isprintable() else ("", b"")


def _fields(content: bytes) -> list[bytes]:
    """Return the length-prefixed strings that `content` consists of; raise ValueError if not."""
    fields: list[bytes] = []
    while content:
        field, content = _field(content)
        fields.append(field)
    return fields


def _field(content: bytes) -> tuple[bytes, bytes]:
    """Return the length-prefixed string that `content` begins with, and the rest."""
    size = int.from_bytes(content[:4], "big")
    if len(content) < 4 + size:
        message = "a field is cut short"
        raise ValueError(message)
    return content[4 : 4 + size], content[4 + size :]
