"""The lock: what it says, the one text of it, what becomes of a request, what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner import canon, parse, pins
from runner.model import Blob, Finding, Json, Oid, Pin, PlatformEntry, Policy, Severity, Sha256
from runner.pipeline import lockfile, pinning
from runner.stored import Status, Stored
from tests import plans

A, B = Sha256("a" * 64), Sha256("0" * 64)
CLEAN = Pin(script="clean", version=6, sha256=A)
SEVEN = Pin(script="tidy", version=7, sha256=B)
LOCAL, FAR = (PlatformEntry(name=name, type="embedded") for name in ("local", "far"))
PINS: pins.Pins = (("far", "clean", CLEAN), ("local", "clean", CLEAN), ("local", 7, SEVEN))
TEXT = f"""\
# yaml-language-server: $schema=schemas/lock.v1.json
# Written by `jobgate lock`, and reviewed like any file: what each stored script is held to.
apiVersion: jobgate/v1
kind: Lock
platforms:
  far:
    scripts:
      clean:
        version_id: 6
        sha256: {A}
  local:
    scripts:
      clean:
        version_id: 6
        sha256: {A}
    versions:
      "7":
        script_id: tidy
        sha256: "{B}"
"""
STORED = Stored(script="clean", version=6, name="1.0", status=Status.ONLINE, content=b"true\n")
HELD, OTHER = pins.made(STORED), pins.made(replace(STORED, content=b"false\n"))


def blob(text: str, path: str = pins.PATH) -> Blob:
    """Return a file."""
    content = text.encode()
    return Blob(path=path, oid=Oid("0" * 40), sha256=canon.sha256(content), content=content)


def spec_of(script: str) -> list[Finding]:
    """Return what a spec with such a script lacks on both platforms, where only `local` pins."""
    read = parse.spec(blob(f"script: {{{script}}}\n", "specs/a.yaml")).value
    assert read is not None
    tree = read.document.tree
    assert isinstance(tree, dict)
    given = tree["script"]
    assert isinstance(given, dict)
    names = {"id": "script_id", "version_id": "script_version_id", "file": "file"}
    body: dict[str, Json] = {names[name]: value for name, value in given.items()}
    return list(pins.missing(read, body, PINS[1:], (LOCAL, FAR)))


# ---------------------------------------------------------------- the file


def test_what_is_written_is_read() -> None:
    """One text for one lock, in whatever order it is given; sorted as numbers, not as text."""
    assert pins.written(reversed(PINS)).decode() == TEXT
    read = lockfile.pinned([blob("x: 1", "jobgate.yaml"), blob(TEXT)])
    assert (read.value, read.findings) == (PINS, ())

    many = [("local", number, replace(SEVEN, version=number)) for number in (10, 9)]
    again = lockfile.pinned([blob(pins.written(many).decode())]).value
    assert again == tuple(reversed(many))


def test_the_lock_of_the_reference_is_one() -> None:
    """What its page shows is read without a finding, and is the one text of what it says."""
    page = (Path(__file__).parents[2] / "docs/reference/lock.md").read_text("utf-8")
    shown = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    read = lockfile.pinned([blob(shown)])

    assert read.findings == ()
    assert pins.written(read.value or ()).decode() == shown


def test_a_lock_that_pins_nothing() -> None:
    """It says so; without a file nothing is pinned either."""
    content = pins.written(())

    assert content.endswith(b"platforms: {}\n")
    assert lockfile.pinned([blob(content.decode())]).value == ()
    assert lockfile.pinned([blob("x: 1", "jobgate.yaml")]).value == ()


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("kind: Lock", "kind: Lock\nmore: 1", "unknown-key", 5),
        ("  far:", "  Far:", "wrong-key", 6),
        ("        version_id: 6", "        version_id: 0", "out-of-range", 9),
        ("        version_id: 6", "        version_id: 6\n        name: x", "unknown-key", 10),
        (f"        sha256: {A}", f"        sha256: {A.upper()}", "wrong-form", 10),
        ("        script_id: tidy\n", "", "missing-key", 18),
        ('      "7":', '      "07":', "wrong-key", 17),
        ("kind: Lock", "<<<<<<< ours", "syntax", 5),
    ],
)
def test_a_lock_with_something_wrong_pins_nothing(old: str, new: str, rule: str, line: int) -> None:
    """Each mistake is found at its line."""
    read = lockfile.pinned([blob(TEXT.replace(old, new, 1))])

    assert read.value == ()
    assert (read.findings[0].rule, read.findings[0].place.span.line) == (rule, line)


def test_what_no_spec_uses_is_a_warning_at_its_key() -> None:
    """A pin is used by its platform and its kind: script 7 is not version 7."""
    read = parse.lock(blob(TEXT)).value
    assert read is not None
    found = list(pins.unused(read, [("local", "clean"), ("local", "7"), ("far", 7)]))

    assert [(each.place.pointer, each.message) for each in found] == [
        ("/platforms/far/scripts/clean", "no spec names script clean on far"),
        ("/platforms/local/versions/7", "no spec names version 7 on local"),
    ]
    assert {each.severity for each in found} == {Severity.WARNING}
    assert [each.place.span.line for each in found] == [8, 17]


# ---------------------------------------------------------------- a request


@pytest.mark.parametrize(
    ("body", "named", "found"),
    [
        ({"script_content": "eA=="}, None, ()),
        ({"script_id": "clean"}, "clean", (CLEAN,)),
        ({"script_id": "other"}, "other", ()),
        ({"script_version_id": 7}, 7, (SEVEN,)),
        ({"script_version_id": 6}, 6, ()),
        ({"script_id": "clean", "script_version_id": 7}, 7, (SEVEN,)),
        ({"script_id": "7"}, "7", ()),
        ({"script_version_id": True}, None, ()),
        ({"script_version_id": "7"}, None, ()),
    ],
)
def test_what_a_request_names(
    body: dict[str, Json], named: str | int | None, found: tuple[Pin, ...]
) -> None:
    """The number of a version wins over an id, as it does on the platform."""
    assert pins.named(body) == named
    assert pins.of(PINS, "local", body) == found


def test_what_becomes_of_a_request() -> None:
    """The platform gets the version, the ledger keeps both and the digest, the effect the pin."""
    by_id: dict[str, Json] = {"timeout": 60, "script_id": "clean"}
    by_number: dict[str, Json] = {"timeout": 60, "script_version_id": 7}

    assert pins.sent(by_id, (CLEAN,)) == {"timeout": 60, "script_version_id": 6}
    assert pins.sent(by_id, ()) == by_id
    assert pins.sent(by_number, (SEVEN,)) == by_number
    assert pins.covered((CLEAN,)) == {"clean": {"sha256": A, "version": 6}}
    assert pins.covered(()) == {}


def test_whether_the_policy_in_force_holds_the_same_pin() -> None:
    """To the version and the byte, and on that platform; what is not pinned needs none."""
    policy = Policy(platforms=(), people=(), clauses=(), pins=PINS)
    bare = plans.job(plans.WISH)
    job = replace(bare, platform=LOCAL, body={"script_id": "clean"}, pins=(CLEAN,))

    assert pins.same(bare, replace(policy, pins=()))
    assert pins.same(job, policy)
    assert not pins.same(job, replace(policy, pins=()))
    assert not pins.same(replace(job, pins=(replace(CLEAN, version=5),)), policy)
    assert not pins.same(replace(job, pins=(replace(CLEAN, sha256=B),)), policy)
    assert not pins.same(replace(job, platform=PlatformEntry(name="x", type="embedded")), policy)


def test_what_is_not_pinned_is_found_on_each_platform() -> None:
    """An id is an error, a version a warning, and a script of its own is neither."""
    (script,) = spec_of("id: clean")
    (version,) = spec_of("version_id: 7")

    assert (script.rule, script.severity) == ("unpinned-script", Severity.ERROR)
    assert script.place.pointer == "/script/id"
    assert script.message == (
        "cannot tell which version script clean is on far: jobgate.lock does not say"
    )
    assert (version.rule, version.severity) == ("unpinned-version", Severity.WARNING)
    assert version.place.pointer == "/script/version_id"
    assert version.message == (
        "cannot hold version 7 on far to what it says now: jobgate.lock does not pin it"
    )
    assert [len(spec_of(each)) for each in ("id: none", "file: x")] == [2, 0]
    assert pins.called("x" * 99) == f"script {'x' * 60}"


# ---------------------------------------------------------------- before a create


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (STORED, ""),
        (replace(STORED, status=Status.OFFLINE, name="x"), ""),
        (
            replace(STORED, status=Status.DRAFT),
            "version 6 of clean is a draft, which can still change",
        ),
        (replace(STORED, status=Status.DISABLED), "version 6 of clean is disabled"),
        (
            replace(STORED, content=b"false\n"),
            f"version 6 of clean is {OTHER.sha256[:12]} and not {HELD.sha256[:12]}",
        ),
        (replace(STORED, script="other"), "version 6 is one of other and not of clean"),
    ],
)
def test_what_a_platform_has_against_what_was_pinned(stored: Stored, said: str) -> None:
    """Only what is online or offline, of that script and to the byte the same, may run."""
    assert pinning.difference(HELD, stored) == said
