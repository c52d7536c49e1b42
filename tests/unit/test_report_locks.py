"""What `lock` tells: a line a pin, the script where it is new or moves, and a summary."""

from __future__ import annotations

from dataclasses import replace

import jsonschema_rs
import pytest

from runner import published, wire
from runner.model import Pin, Sha256
from runner.pins import Held, Locked
from runner.report import locks

A, B = Sha256("a" * 64), Sha256("b" * 64)
OLD = Pin(script="clean", version=5, sha256=A)
NEW = Pin(script="clean", version=6, sha256=B)
KEPT = Held(platform="local", named="clean", state="kept", before=OLD, after=OLD)
EACH = (
    replace(KEPT, newer=6),
    Held(platform="local", named="tidy", state="new", after=NEW, new=b"a\x1b\nb\n"),
    replace(KEPT, state="moved", after=NEW, old=b"a\nb\n", new=b"a\nc"),
    replace(KEPT, state="moved", after=NEW, new=b"c\n", detail="what was pinned is gone"),
    Held(platform="local", named=7, state="dropped", before=OLD, detail="no spec names it"),
    replace(KEPT, state="refused", detail="version 5 of clean is disabled", code=1),
    Held(platform="local", named=9, state="refused", detail="cannot find it", code=9),
)
TEXT = """\
  script clean on local: kept, version 5 (aaaaaaaaaaaa…)
    version 6 is online now; `jobgate lock --update clean` moves the pin to it
+ script tidy on local: new, version 6 (bbbbbbbbbbbb…)
    | +a\\u001b
    | +b
~ script clean on local: moved, version 5 (aaaaaaaaaaaa…) → version 6 (bbbbbbbbbbbb…)
    | --- pinned before
    | +++ pinned now
    | @@ -1,2 +1,3 @@
    |  a
    | -b
    | +c
    | +\\ no line end at the end
~ script clean on local: moved, version 5 (aaaaaaaaaaaa…) → version 6 (bbbbbbbbbbbb…)
    what was pinned is gone
    | +c
- version 7 on local: dropped, version 5 (aaaaaaaaaaaa…)
    no spec names it
! script clean on local: refused, version 5 (aaaaaaaaaaaa…)
    version 5 of clean is disabled
! version 9 on local: refused
    cannot find it
Lock: 1 kept, 1 new, 2 moved, 1 dropped, 2 refused; jobgate.lock is left as it is.
"""


def locked(*found: Held, stale: bool = True) -> Locked:
    """Return a lock of these pins."""
    return Locked(pins=found, content=b"", stale=stale)


def test_every_state_is_told() -> None:
    """Nothing of a platform's text moves a cursor; each pin says what became of it."""
    assert locks.text(locked(*EACH), written=False) == TEXT
    schema = jsonschema_rs.validator_for(published.schema("pinning.v1"))
    schema.validate(wire.loads(locks.document(locked(*EACH), written=False)))


@pytest.mark.parametrize(
    ("done", "written", "last"),
    [
        (locked(KEPT), True, "Lock: 1 kept; jobgate.lock is written.\n"),
        (locked(KEPT), False, "Lock: 1 kept; jobgate.lock would be another.\n"),
        (locked(KEPT, stale=False), False, "Lock: 1 kept; jobgate.lock is what it must be.\n"),
        (
            locked(stale=False),
            False,
            "Lock: no script to pin; jobgate.lock is what it must be.\n",
        ),
    ],
)
def test_the_last_line_says_what_became_of_the_file(
    done: Locked, last: str, *, written: bool
) -> None:
    """Written, as it must be, or another one where only a look was asked for."""
    assert locks.text(done, written=written).endswith(last)


def test_a_lock_with_something_refused_is_not_sound() -> None:
    """All or nothing: the file is then left as it is."""
    assert locked(*EACH[:5]).sound
    assert not locked(KEPT, EACH[5]).sound
    assert not locked(EACH[6]).sound
