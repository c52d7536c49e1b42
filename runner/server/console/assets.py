"""The style and the script of the console, by names that change with what is in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file that pages refer to; `mark` is another for other content."""

    name: str
    content: bytes
    kind: str
    mark: str

    @property
    def address(self) -> str:
        """Return where pages find this very content."""
        return f"/assets/{self.name}?v={self.mark}"

    @property
    def tag(self) -> str:
        """Return the ETag."""
        return f'"{self.mark}"'


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    mark = hashlib.sha256(content).hexdigest()[:16]
    return Asset(name=file.name, content=content, kind=_KINDS[file.suffix], mark=mark)


ASSETS: Mapping[str, Asset] = MappingProxyType(
    {
        file.name: _read(file)
        for file in sorted((Path(__file__).parent / "static").iterdir())
        if file.suffix in _KINDS
    }
)
