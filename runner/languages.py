"""The name and the first line of a script into the language that it is written in."""

from __future__ import annotations

from pathlib import PurePosixPath
from types import MappingProxyType

_EXTENSIONS = MappingProxyType(
    {".sh": "shell", ".py": "python", ".pl": "perl", ".bat": "bat", ".ps1": "powershell"}
)
_INTERPRETERS = MappingProxyType(
    dict.fromkeys((b"sh", b"bash", b"dash", b"ash", b"ksh", b"zsh"), "shell")
    | {b"python": "python", b"perl": "perl", b"pwsh": "powershell", b"powershell": "powershell"}
)
_ENOUGH = 512  # bytes: no kernel reads more of a `#!` line


def guess(file: str, content: bytes) -> str | None:
    """Return the language by the file's extension (before `.j2`), else by its `#!`, or None."""
    suffix = PurePosixPath(file.removesuffix(".j2")).suffix
    return _EXTENSIONS.get(suffix) or told(content)


def told(content: bytes) -> str | None:
    """Return the language that the `#!` of a script names, or None."""
    return _INTERPRETERS.get(_interpreter(content))


def _interpreter(content: bytes) -> bytes:
    """Return the bare name that the `#!` gives (`/usr/bin/env -S python3.11 -u`: python)."""
    line = content[:_ENOUGH].split(b"\n", 1)[0]
    words = line[2:].split() if line.startswith(b"#!") else []
    if words and words[0].endswith(b"/env"):
        words = [word for word in words[1:] if not word.startswith(b"-") and b"=" not in word]
    return words[0].rsplit(b"/", 1)[-1].rstrip(b"0123456789.") if words else b""
