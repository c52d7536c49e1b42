"""A version of a stored script, as the embedded platform and version 3 of JOB tell of it."""

from __future__ import annotations

import pytest

from runner.platforms.bkjob import scripts
from runner.server import scriptversions
from runner.server.answers import Number, RefusalError
from runner.stored import Named, Status
from tests import inventories

KNOWN = inventories.known()


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("tidy", (6, Status.ONLINE, b"print(6)\n")),
        (4, (4, Status.DRAFT, b"print(4)\n")),
        (5, (5, Status.OFFLINE, b"print(5)\n")),
        (7, (7, Status.DISABLED, b"print(7)\n")),
        (9, (9, Status.OFFLINE, b"print(9)\n")),
    ],
)
def test_a_version_that_the_inventory_keeps(named: Named, found: tuple[int, Status, bytes]) -> None:
    """By its number however far it is, by the id of its script where one is online."""
    stored = scriptversions.stored(KNOWN, inventories.HOME, named)

    assert (stored.version, stored.status, stored.content) == found
    assert stored.name == f"{stored.version}.0"
    assert stored.script == ("asleep" if named == 9 else "tidy")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("none", "cannot find a version online of script 'none' in biz/2"),
        ("asleep", "cannot find a version online of script 'asleep' in biz/2"),
        ("far", "cannot find a version online of script 'far' in biz/2"),
        (8, "cannot find script version 8 in biz/2"),
        (99, "cannot find script version 99 in biz/2"),
    ],
)
def test_a_version_that_a_scope_cannot_name(named: Named, said: str) -> None:
    """One that is not there, is not online, or belongs to another scope."""
    with pytest.raises(RefusalError) as refusal:
        scriptversions.stored(KNOWN, inventories.HOME, named)

    assert (refusal.value.message, refusal.value.number) == (said, Number.SCRIPT)


def test_which_version_of_a_page_is_online() -> None:
    """The one that says so; a page without any is the last."""
    assert scripts.online({"data": [{"id": 5, "status": 2}, {"id": 6, "status": 1}]}) == (6, True)
    assert scripts.online({"data": [{"id": 5, "status": 2}, {"id": 4}]}) == (None, True)
    assert scripts.online({"data": []}) == (None, False)
    assert scripts.online(None) == (None, False)


def test_only_what_is_online_or_offline_runs() -> None:
    """A draft can still change, and a disabled version was taken back."""
    assert [each for each in Status if each.runs] == [Status.ONLINE, Status.OFFLINE]
