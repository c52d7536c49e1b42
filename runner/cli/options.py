"""The options that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from runner.cli import filing
from runner.errors import UsageError
from runner.keys import RunnerKey

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


def runner_key(command: Callable[P, R]) -> Callable[P, R]:
    """Add `--runner-key`, the key that signs what is added to the journal."""
    return click.option(
        "--runner-key",
        type=click.Path(path_type=Path),
        envvar="JOBGATE_RUNNER_KEY",
        help="The SSH key that signs the journal, where the policy names runners."
        "  [default: $JOBGATE_RUNNER_KEY]",
    )(command)


def writer(runner_key: Path | None) -> RunnerKey:
    """Return the key of a command that adds to the journal."""
    return RunnerKey(runner_key, prompts=sys.stdin.isatty())


def summary(*suffixes: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Add `--summary`, files for the result in other forms; `suffixes` are those that it has."""

    def checked(
        ctx: click.Context, param: click.Parameter, paths: tuple[Path, ...]
    ) -> tuple[Path, ...]:
        del ctx, param
        for path in paths:
            filing.check(path)
            if path.suffix.lower() in {".json", ".md", ".sarif", ".xml"} - {*suffixes}:
                raise UsageError(
                    f"cannot write {path}: this result has no form for {path.suffix.lower()}",
                    mend=f"name a file that ends in {' or '.join(suffixes)}",
                )
        return paths

    return click.option(
        "--summary",
        "summaries",
        multiple=True,
        type=click.Path(path_type=Path),
        callback=checked,
        metavar="FILE",
        help=f"Write the result here, too, in the form of its suffix: {', '.join(suffixes)};"
        " to a name without one Markdown is added. May be repeated.",
    )


def writable(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
    """Return a path that was given, if any, once it is known that it can be written to."""
    del ctx, param
    if path is not None:
        filing.check(path)
    return path


def base(command: Callable[P, R]) -> Callable[P, R]:
    """Add `--base`, the commit that what is shown came after."""
    return click.option(
        "--base", help="Show only what came since it branched off from this commit."
    )(command)


def outputs(command: Callable[P, R]) -> Callable[P, R]:
    """Add `--outputs`, a file for what the next steps of a workflow may want to know."""
    return click.option(
        "--outputs",
        "outputs",
        type=click.Path(path_type=Path),
        callback=writable,
        metavar="FILE",
        help="Add digest and counts here, as $GITHUB_OUTPUT takes them.",
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
