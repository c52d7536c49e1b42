"""A request as it was sent, of v2, v3 or v4, into the body of v4 that a spec can state.

Trees to trees. Nothing is lost in silence: each field that does not go over as it is has its note,
and what cannot go over at all is refused by name. What the rules say of the result (sizes, line
ends, batches) is `validate`'s, once there is a spec.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner import requests
from runner.importing import credentials, encoded, kinds, older, shadows
from runner.importing.sheet import Fate, Sheet, Translated, source
from runner.shape import conformity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.mistakes import Mistake
    from runner.model import Json


def translated(body: dict[str, Json]) -> Translated:
    """Return the body in today's form; it is of use only where nothing is refused."""
    sheet = Sheet(body=dict(body))
    kinds.present(sheet)
    credentials.withheld(sheet)
    older.today(sheet)
    kinds.typed(sheet)
    _start(sheet)
    encoded.strict(sheet)
    shadows.told(sheet)
    _secrets(sheet)
    return Translated(
        body=sheet.body,
        script=sheet.script,
        notes=tuple(sheet.notes),
        refused=(*sheet.refused, *_unfit(sheet)),
        origins=sheet.origins,
    )


def explicit(body: dict[str, Json]) -> dict[str, Json]:
    """Return `body` with the defaults of effect scheme 1 written out: how two are compared."""
    whole: dict[str, Json] = {
        "param_sensitive": False,
        "timeout": requests.TIMEOUT,
        **body,
    }
    rolls = whole.get("rolling_config")
    if isinstance(rolls, dict):
        whole["rolling_config"] = {
            "type": requests.ROLLING_TYPES["targets"],
            "mode": requests.ROLLING_MODES["pause_on_failure"],
            **rolls,
        }
    return whole


def _start(sheet: Sheet) -> None:
    start = sheet.body.pop("start_task", True)
    if start is not True:
        said = "left out: jobgate creates a job first, and starts it when that is on record"
        sheet.note("start_task", Fate.DROPPED, said)


def _secrets(sheet: Sheet) -> None:
    """Tell of what will stand in Git for everyone to read."""
    if sheet.body.get("param_sensitive") is True and sheet.body.get("script_param"):
        said = "it stands in the spec as plain text: take a secret out before you commit it"
        sheet.note("script_param", Fate.CARRIED, said)
    if sheet.body.get("host_password_list"):
        said = "the encrypted passwords stand in the spec: think before you commit them"
        sheet.note("host_password_list", Fate.CARRIED, said)


def _unfit(sheet: Sheet) -> Iterator[Mistake]:
    """Yield what the schema of the call refuses, where nothing is known to be wrong there yet."""
    told = {mistake.path for mistake in sheet.refused}
    for mistake in conformity.mistakes(kinds.REQUEST, sheet.body):
        path = source(mistake.path, sheet.origins)
        if path not in told:
            yield replace(mistake, path=path)
