"""Laws of the lock: one text says one thing, and a moved pin is another effect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import canon, pins
from runner.model import Blob, JobId, Json, Oid, Pin, PlatformEntry, Sha256
from runner.pipeline import lockfile

pytestmark = pytest.mark.laws

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
# Whatever a platform calls a script: numbers, words of YAML, quotes, line ends.
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20) | st.sampled_from(
    ["7", "yes", "null", "~", "1e3", "a: b", "- a", '"', "\n", "#"]
)
NUMBERS = st.integers(1, 2**63 - 1)
DIGESTS = st.binary(max_size=3).map(canon.sha256)


@st.composite
def locks(draw: st.DrawFn) -> pins.Pins:
    """Draw what a lock may say, in any order."""
    named = st.tuples(NAMES, IDS | NUMBERS)
    found: list[tuple[str, str | int, Pin]] = []
    for platform, name in draw(st.lists(named, unique=True, max_size=6)):
        script = name if isinstance(name, str) else draw(IDS)
        version = name if isinstance(name, int) else draw(NUMBERS)
        pin = Pin(script=script, version=version, sha256=draw(DIGESTS))
        found.append((platform, name, pin))
    return tuple(found)


@given(locks())
def test_what_is_written_is_read_as_it_was_meant(said: pins.Pins) -> None:
    """Whatever scripts are called, with nothing found in it, and the same text again."""
    content = pins.written(said)
    oid = Oid("0" * 40)
    blob = Blob(path=pins.PATH, oid=oid, sha256=canon.sha256(content), content=content)
    read = lockfile.pinned([blob])

    assert read.findings == ()
    assert read.value is not None
    assert set(read.value) == set(said)
    assert pins.written(read.value) == content


@given(locks(), NUMBERS, DIGESTS)
def test_a_pin_that_moves_is_another_effect(said: pins.Pins, version: int, sha256: Sha256) -> None:
    """The effect is the same exactly where the version and the bytes are."""
    entry = PlatformEntry(name="local", type="embedded")

    def effect(pin: Pin) -> str:
        body: dict[str, Json] = {"script_id": pin.script}
        covered = pins.covered((pin,))
        return canon.effect(job=JobId("local/x"), run=1, platform=entry, body=body, pins=covered)

    for _, _, pin in said:
        moved = Pin(script=pin.script, version=version, sha256=sha256)
        assert (effect(moved) == effect(pin)) == (moved == pin)
