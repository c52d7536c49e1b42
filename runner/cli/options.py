"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


def repository(command: Callable[P, R]) -> Callable[P, R]:
    """Add `-C`, the folder of the repository."""
    return click.option(
        "-C",
        "--repository",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=".",
        help="A folder of the repository.  [default: this one]",
    )(command)


def formats(*names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Add `--format`, with the first of `names` as the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help="How to write the result.",
    )
