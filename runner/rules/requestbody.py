"""A request body as the rules look at it: values by path, what has another shape is absent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import requests
from runner.narrow import at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Json

_LONG = 2**63  # the platform's integers are below it; the schema refuses all others


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request body, with its Base64 decoded where it is strictly that.

    `own` tells that jobgate will send it: it leaves room for the key, and its author can mend it.
    """

    tree: dict[str, Json]
    script: bytes | None
    param: bytes | None
    own: bool

    def text(self, *path: str) -> str | None:
        """Return the text at `path`, or None."""
        value = at(self.tree, *path)
        return value if isinstance(value, str) else None

    def number(self, *path: str) -> int | None:
        """Return the integer at `path`, or None."""
        value = at(self.tree, *path)
        return value if type(value) is int and abs(value) < _LONG else None

    def mappings(self, *path: str) -> Iterator[tuple[int, dict[str, Json]]]:
        """Yield the mappings of the list at `path`, each with its index."""
        listed = at(self.tree, *path)
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(item, dict):
                yield index, item


def body(tree: Mapping[str, Json], *, own: bool) -> Body:
    """Return the view of a body."""
    return Body(
        own=own,
        tree=dict(tree),
        script=_decoded(tree.get("script_content")),
        param=_decoded(tree.get("script_param")),
    )


def _decoded(value: Json) -> bytes | None:
    return requests.decode(value) if isinstance(value, str) else None
