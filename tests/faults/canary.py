"""A secret made up for a test, and the search for it, in every form, through all that was written.

The forms are made here, and by other means than the redactor's, so that both are not blind alike.
"""

from __future__ import annotations

import base64
import html
import json
import secrets
import shlex
import subprocess
import urllib.parse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path


def made(extra: str = "") -> str:
    """Return a secret that stands nowhere yet; `extra` are letters that writers of text alter."""
    return f"canary{secrets.token_hex(8)}{extra}bird"


def put(file: Path, secret: str) -> None:
    """Write a secret into a file, as a source of it has to be."""
    file.touch(0o600)
    file.write_text(f"{secret}\n", "utf-8")


def forms(secret: str) -> dict[str, bytes]:
    """Return every form of a secret that is looked for, by the name of what writes it so."""
    words = {
        "raw": secret,
        "word of a shell": shlex.quote(f"{secret} ")[1:-2],
        "within double quotes": "".join(f"\\{c}" if c in '\\"$`' else c for c in secret),
        "json": json.dumps(secret)[1:-1],
    }
    found = dict(words)
    for name, word in words.items():
        content = word.encode()
        found[f"hex of {name}"] = content.hex()
        found[f"HEX of {name}"] = content.hex().upper()
        for before in range(3):
            # The first and the last digit may have bits of what stands beside it.
            digits = base64.b64encode(b"\0" * before + content)[(0, 2, 3)[before] :].rstrip(b"=")
            inner = digits[: -1 if (before + len(content)) % 3 else None].decode()
            found[f"base64/{before} of {name}"] = inner
            found[f"base64url/{before} of {name}"] = inner.replace("+", "-").replace("/", "_")
        found[f"json of {name}"] = json.dumps(word)[1:-1]
    found["url"] = urllib.parse.quote(secret, safe="")
    found["url path"] = urllib.parse.quote(secret)
    found["form"] = urllib.parse.quote_plus(secret)
    first, *escapes = found["url"].split("%")
    lower = [f"%{each[:2].lower()}{each[2:]}" for each in escapes]
    found["url in lower case"] = first + "".join(lower)
    found["html"] = html.escape(secret)
    found["python"] = repr(secret)[1:-1]
    # Many a form of a plain secret is the secret itself: it is told once.
    each = {form.encode(): name for name, form in reversed(found.items())}
    return {name: form for form, name in each.items()}


def written(folder: Path, but: Collection[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield all that lies below a folder, but for some files and folders, by where it lies.

    Of a repository that is each of its objects as well, unpacked, whether a ref leads to it or not.
    """
    for file in sorted(folder.rglob("*")):
        if any(each == file or each in file.parents for each in but):
            continue
        if file.is_file() and not file.is_symlink():
            yield str(file), file.read_bytes()
        elif file.name == "objects" and (file.parent / "HEAD").is_file():
            yield f"objects of {file.parent}", _objects(file.parent)


def traces(secret: str, contents: Iterable[tuple[str, bytes]]) -> list[str]:
    """Return where a secret stands, and in which form."""
    looked_for = forms(secret)
    return [
        f"{place} has the secret ({name})"
        for place, content in contents
        for name, form in looked_for.items()
        if form in content
    ]


def _objects(repository: Path) -> bytes:
    return subprocess.run(
        ("git", "cat-file", "--batch-all-objects", "--batch", "--unordered"),
        cwd=repository,
        check=True,
        capture_output=True,
    ).stdout
