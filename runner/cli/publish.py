"""`jobgate publish`: the plan where it is reviewed, as a comment and a commit status."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli import besides, compose, notices, options
from runner.pipeline import publishing
from runner.pipeline.publishing import Mistaken, Place
from runner.report import otherwise

if TYPE_CHECKING:
    from runner.errors import ForgeError
    from runner.pipeline.world import World

_VARIABLE = "GITHUB_TOKEN"  # the variable, where nobody says which one it is
_API = "https://api.github.com"


def _link(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Return an address that a status can have."""
    del ctx
    if value and not value.startswith(("https://", "http://")):
        raise click.BadParameter("it must begin with https://", param=param)
    return value


@click.command(short_help="Show the plan on its pull request: a comment, and a status.")
@click.option("--pull", type=click.IntRange(1), help="The number of the pull request.")
@click.option("--head", help="The newest commit of the pull request.  [default: HEAD]")
@options.base
@click.option("--forge", default="", metavar="OWNER/NAME", help="The repository on the forge.")
@click.option("--url", default="", help="The address of the forge's API.")
@click.option("--token", default="", metavar="VARIABLE", help="The variable that has the token.")
@click.option("--account", default="", metavar="LOGIN", help="Whose it is, as of `my-app[bot]`.")
@click.option("--link", default="", callback=_link, help="The page of this run.")
@click.option(
    "--artefact",
    type=click.Path(path_type=Path),
    callback=options.writable,
    metavar="FILE",
    help="Write here, as Markdown, all of what the comment has no room for.",
)
@options.summary(".md", ".json")
@options.outputs
@options.formats("text", "json", "markdown", "github")
@options.repository
def command(
    folder: Path,
    form: str,
    *,
    pull: int | None,
    head: str | None,
    base: str | None,
    forge: str,
    url: str,
    token: str,
    account: str,
    link: str,
    artefact: Path | None,
    summaries: tuple[Path, ...],
    outputs: Path | None,
) -> int:
    r"""Show the plan of a commit on its pull request: one comment of ours, edited in place.

    The commit gets the status `jobgate/plan`. Both are for people, and evidence of nothing. Where
    the token may not write, as for a fork, that is told, and all else is done. Repository, address
    and token are those of the policy in force, else GITHUB_REPOSITORY and the like.

    Without --pull, after an apply: says on each pull request why something that was approved in it,
    and is made otherwise by now, waits.

    \b
    Example:
      jobgate publish --pull 7 --head my-branch --base origin/main
      jobgate publish
    """
    if pull is None and (head is not None or base is not None or form == "json"):
        raise click.UsageError("--head, --base and --format json go with --pull")
    aside = besides.Besides(form=form, summaries=summaries, outputs=outputs)
    place = Place(repository=forge, url=url, token=token, account=account)
    asked = _Asked(pull=pull or 0, head=head or "HEAD", base=base, link=link, artefact=artefact)
    with aside.told(), compose.world(folder, token=token or _VARIABLE) as world:
        code, failed = (_shown if asked.pull else _told)(world, asked, place, aside)
    if failed is not None:
        raise failed
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be shown where; of pull request 0 no plan is."""

    pull: int
    head: str
    base: str | None
    link: str
    artefact: Path | None


def _shown(
    world: World, asked: _Asked, place: Place, aside: besides.Besides
) -> tuple[int, ForgeError | None]:
    """Show the plan of a commit, of what came since another one, and return how that ended."""
    head = world.repository.commit(asked.head)
    base = None if asked.base is None else world.repository.commit(asked.base)
    found = publishing.found(world, head, base)
    writer = publishing.poster(world, found.ledger, place, _usual())
    said = notices.notice(found, asked.pull, asked.link, asked.artefact)
    failed = publishing.published(writer, said)
    if not isinstance(found, Mistaken):
        return notices.shown(found, aside.form, aside), failed
    if failed is not None:
        writer.tell(failed.message)
    raise found.error


def _told(
    world: World, _: _Asked, place: Place, aside: besides.Besides
) -> tuple[int, ForgeError | None]:
    """Tell whoever approved what is made otherwise by now, and return how that ended."""
    have, tip, found = publishing.diverged(world)
    comments = otherwise.comments(found, tip, have.branch)
    writer = publishing.poster(world, have, place, _usual())
    failed = publishing.told(writer, otherwise.MARKER, comments, otherwise.SETTLED)
    page = otherwise.page(found, tip, have.branch)
    click.echo(page if aside.form == "markdown" else otherwise.texts(found), nl=False)
    said = besides.Forms(forms={".md": lambda: page}, more="", outputs={"waiting": str(len(found))})
    return aside.written(said, 0), failed


def _usual() -> Place:
    """Return what the environment of a workflow says."""
    return Place(
        repository=os.environ.get("GITHUB_REPOSITORY", ""),
        url=os.environ.get("GITHUB_API_URL", "") or _API,
        token=_VARIABLE,
    )
