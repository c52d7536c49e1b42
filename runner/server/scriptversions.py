"""A version of a script that the inventory keeps, found as a request would find it: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.server.answers import Code, Number, RefusalError
from runner.stored import Status, Stored

if TYPE_CHECKING:
    from runner.server.inventory import Inventory, ScopeKey
    from runner.server.scripts import Version
    from runner.stored import Named


def stored(inventory: Inventory, scope: ScopeKey, named: Named) -> Stored:
    """Return the version of that number, or the one online of the script of that id.

    Raises RefusalError where jobs of `scope` cannot name one.
    """
    version = _version(inventory, named)
    if version is None or not inventory.scripts[version.script].visible(scope):
        what = f"a version online of script {named!r}" if isinstance(named, str) else ""
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.SCRIPT,
            message=f"cannot find {what or f'script version {named}'} in {'/'.join(scope)}",
            mend="name one that is public or of the scope",
        )
    return Stored(
        script=version.script,
        version=version.id,
        name=version.name,
        status=Status(version.status),
        content=version.content,
    )


def _version(inventory: Inventory, named: Named) -> Version | None:
    if not isinstance(named, str):
        return inventory.versions.get(named)
    script = inventory.scripts.get(named)
    return None if script is None else script.online
