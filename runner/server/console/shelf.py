"""Style, script and icon, to everybody: for ever under the name of their content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.server.answers import Code, Number, RefusalError
from runner.server.console import assets, visits
from runner.server.routes.envelopes import Answer

if TYPE_CHECKING:
    from runner.server.console.visits import Guest

FOREVER, ASK = "public, max-age=31536000, immutable", "no-cache"


def give(guest: Guest) -> Answer:
    """Return an asset, or that the browser has it already."""
    asset = assets.ASSETS.get(guest.names["name"])
    if asset is None:
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.NO_ROUTE,
            message="cannot find this file: there is none at this address",
            mend="begin with the list of jobs",
        )
    marked = guest.fields.get("v") == asset.mark
    headers = {"ETag": asset.tag, "Cache-Control": FOREVER if marked else ASK}
    if asset.tag in guest.call.headers.get("if-none-match", ""):
        return Answer(status=304, body=b"", headers=headers, kind=visits.TEXT)
    return Answer(status=200, body=asset.content, headers=headers, kind=asset.kind)
