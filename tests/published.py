"""What a workflow does to show a plan on a pull request: its variables, and the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.forge import double

if TYPE_CHECKING:
    from tests.forge.double import Double
    from tests.forge.serving import Exchange
    from tests.forge.state import Pull
    from tests.reviewed import Desk
    from tests.site import Ended

LINK = "https://forge.example/acme/ops/actions/runs/1"


def environment(forge: Double) -> dict[str, str]:
    """Return what a workflow has in its environment."""
    return {
        "GITHUB_REPOSITORY": forge.name,
        "GITHUB_API_URL": forge.url,
        "GITHUB_TOKEN": double.WORD,
    }


def publish(desk: Desk, pull: Pull, *words: str) -> Ended:
    """Show the plan of the newest commit of a pull request, as the workflow does."""
    desk.site.git("fetch", "-q", "origin", f"refs/pull/{pull.number}/head", "main")
    head = desk.forge.head(pull)
    named = ("--pull", str(pull.number), "--head", head, "--base", "origin/main", "--link", LINK)
    return desk.site.jobgate("publish", *named, *words)


def writes(desk: Desk) -> list[Exchange]:
    """Return what was asked of the forge beside questions."""
    return [each for each in desk.forge.exchanges if each.method != "GET"]
