"""The published JSON Schemas: where they lie, and what they say.

A wheel carries them inside the package; a checkout has them beside it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.model import Json

_SUFFIX = ".json"


@cache
def names() -> tuple[str, ...]:
    """Return the name of every published schema, such as `job-spec.v1`, sorted."""
    return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in _files()))


@cache
def text(name: str) -> bytes:
    """Return the schema `name` byte for byte; raise UsageError when there is none."""
    if name not in names():
        raise UsageError(
            f"cannot find the schema {name!r}: there is none of that name",
            mend=f"name one of {', '.join(names())}",
        )
    return (_folder() / f"{name}{_SUFFIX}").read_bytes()


@cache
def schema(name: str) -> dict[str, Json]:
    """Return what the schema `name` says; raise UsageError when there is none."""
    tree: dict[str, Json] = json.loads(text(name))
    return tree


def _files() -> list[Path]:
    return list(_folder().glob(f"*{_SUFFIX}"))


@cache
def _folder() -> Path:
    package = Path(__file__).parent
    return next(
        folder for folder in (package / "schemas", package.parent / "schemas") if folder.is_dir()
    )
