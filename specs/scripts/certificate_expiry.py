#!/usr/bin/env python3
"""Report when certificates end: PEM files, or every such file in some folders.

usage: certificate_expiry.py [--days N] [PATH ...]

Reads no network and needs nothing but Python. What is absent or cannot be read is named and does
not count. Ends 0; 1 when a certificate has ended or ends within N days (default 30).
"""

from __future__ import annotations

import argparse
import binascii
import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PEM = re.compile(
    rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.+?)-----END (?:TRUSTED |X509 )?CERTIFICATE",
    re.DOTALL,
)
SUFFIXES = {".pem", ".crt", ".cer"}
SEQUENCE, VERSION, UTC_TIME, GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
LARGEST = 1 << 20  # bytes of a file that may be one of certificates
DAY = 86400


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate: the file that holds it, and when it ends, in seconds since 1970."""

    file: Path
    ends: float


class MalformedError(Exception):
    """The bytes are no certificate."""


def main(words: list[str]) -> int:
    """Print the report; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--days", type=int, default=30, metavar="N")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    options = parser.parse_args(words)
    found = [each for path in options.paths for each in certificates(path)]
    now = time.time()
    ending = 0
    for each in sorted(found, key=lambda one: (one.ends, str(one.file))):
        left = int((each.ends - now) // DAY)
        ending += left < options.days
        word = "ENDED" if each.ends <= now else "ENDING" if left < options.days else "ok"
        day = datetime.fromtimestamp(each.ends, UTC).date()
        say(f"  {word:<6}  {day}  {left:>5} days  {each.file}")
    say(f"{len(found)} certificates, {ending} ended or ending within {options.days} days")
    return 1 if ending else 0


def certificates(path: Path) -> list[Certificate]:
    """Return the certificates at a path; say what is not there or cannot be read."""
    found: list[Certificate] = []
    try:
        files = files_at(path)
    except OSError as error:
        say(f"  unread  {path}: {error.strerror}")
        return found
    if not files:
        say(f"  absent  {path}")
    for file in files:
        try:
            found += (Certificate(file, ends) for ends in endings(file.read_bytes()))
        except OSError as error:
            say(f"  unread  {file}: {error.strerror}")
        except MalformedError as error:
            say(f"  unread  {file}: {error}")
    return found


def files_at(path: Path) -> list[Path]:
    """Return the file at a path, or those below it that may hold certificates."""
    if not path.exists():
        return []
    if not path.is_dir():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix in SUFFIXES and file.is_file() and file.stat().st_size <= LARGEST
    )


def endings(content: bytes) -> Iterator[float]:
    """Yield when each certificate of a PEM file ends."""
    for match in PEM.finditer(content):
        try:
            der = binascii.a2b_base64(match[1])
            yield not_after(der)
        except (ValueError, IndexError) as error:
            text = "not a certificate"
            raise MalformedError(text) from error


def not_after(der: bytes) -> float:
    """Return the second time of the validity field of an X.509 certificate (RFC 5280, 4.1)."""
    signed, _ = element(der, 0, SEQUENCE)
    start, end = element(der, signed, SEQUENCE)
    if der[start] == VERSION:
        start = element(der, start, VERSION)[1]
    for _ in ("serial number", "signature algorithm", "issuer"):
        start = element(der, start, der[start])[1]
    validity, end = element(der, start, SEQUENCE)
    second = element(der, validity, der[validity])[1]
    kind = der[second]
    start, end = element(der, second, kind)
    text = der[start:end].decode("ascii")
    if kind == UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif kind != GENERALIZED_TIME:
        raise ValueError(kind)
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def element(der: bytes, at: int, tag: int) -> tuple[int, int]:
    """Return where the content of the DER element at `at` starts and ends."""
    if der[at] != tag:
        raise ValueError(tag)
    length, start = der[at + 1], at + 2
    if length & 0x80:
        more = length & 0x7F
        length, start = int.from_bytes(der[start : start + more]), start + more
    if start + length > len(der):
        raise ValueError(length)
    return start, start + length


def say(line: str) -> None:
    """Print one line; names that are no text are shown with escapes."""
    sys.stdout.write(line.encode("utf-8", "backslashreplace").decode() + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
