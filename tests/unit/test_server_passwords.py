"""Hashes of secrets: their form, what is behind them, and what is remembered."""

from __future__ import annotations

import base64
import re
import threading
import time

import pytest

from runner import narrow, published
from runner.server import passwords
from runner.server.passwords import Cost
from tests import inventories

QUICK = Cost(n=4, r=1, p=1)
SALT = bytes(range(16))


def test_a_line_has_its_form() -> None:
    """Scrypt, its costs, salt and hash: what the schema of an inventory takes."""
    made = passwords.line("s3cret", SALT, passwords.DRAWN)
    pattern = narrow.text(published.schema("inventory.v1"), "$defs", "hash", "pattern")

    assert made.startswith("scrypt$2$8$1$AAECAwQFBgcICQoLDA0ODw$")
    assert re.search(pattern, made)
    assert re.search(pattern, passwords.NOBODY)
    assert passwords.line("s3cret", SALT, passwords.CHOSEN).startswith("scrypt$16384$8$5$")


def test_the_hash_is_scrypts() -> None:
    """The first vector of RFC 7914 comes out."""
    vector = "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
    made = passwords.line("", b"", Cost(n=16, r=1, p=1)).rpartition("$")[2]

    assert base64.urlsafe_b64decode(f"{made}=").hex() == vector


def test_the_secret_alone_is_behind_its_line() -> None:
    """Another secret, another salt, another cost: another hash."""
    made = passwords.line("s3cret", SALT, QUICK)

    assert passwords.is_behind("s3cret", made)
    assert not passwords.is_behind("s3creT", made)
    assert not passwords.is_behind("", made)
    assert not passwords.is_behind("s3cret", made.replace("$4$", "$8$"))
    assert len({made, passwords.line("s3cret", bytes(16), QUICK)}) == 2
    assert passwords.is_behind("päss\ud800", passwords.line("päss\ud800", SALT, QUICK))


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "s3cret",
        "scrypt$4$1$1$AAECAwQFBgcICQoLDA0ODw",
        f"scrypt$0$8$1${'A' * 22}${'A' * 43}",
        f"scrypt$3$8$1${'A' * 22}${'A' * 43}",
        f"scrypt$999999$8$1${'A' * 22}${'A' * 43}",
        f"scrypt$524288$8$1${'A' * 22}${'A' * 43}",
        f"scrypt$4$1$1${'A' * 22}${'A' * 43}\n",
    ],
)
def test_a_line_that_is_none_denies(stored: str) -> None:
    """Whatever it is: nothing is behind it, and nothing is raised."""
    assert not passwords.is_behind("s3cret", stored)


def test_a_verifier_finds_what_a_secret_stands_for() -> None:
    """Among several lines, the one that the secret is behind."""
    verifier = passwords.Verifier()
    stored = {inventories.hashed(name): name for name in ("a", "b", "c")}

    assert verifier.match("b", stored) == "b"
    assert verifier.match("d", stored) is None
    assert verifier.match("b", {}) is None


def test_nothing_is_behind_a_blank_or_an_endless_secret() -> None:
    """Not even where somebody has hashed it."""
    verifier = passwords.Verifier()
    endless = "x" * (passwords.LONGEST + 1)

    assert verifier.match("", {passwords.line("", SALT, QUICK): 1}) is None
    assert verifier.match(endless, {passwords.line(endless, SALT, QUICK): 1}) is None
    assert verifier.match("x" * passwords.LONGEST, {inventories.hashed("x" * 1024): 1}) == 1


def test_what_was_right_is_recalled() -> None:
    """As long as its line is there: a secret that is taken away is not taken any more."""
    verifier = passwords.Verifier()
    stored = {inventories.hashed("a"): "a", inventories.hashed("b"): "b"}

    assert verifier.recalled("a", stored) is None
    assert verifier.match("a", stored) == "a"
    assert verifier.recalled("a", stored) == "a"
    assert verifier.recalled("b", stored) is None
    assert verifier.recalled("a", {inventories.hashed("b"): "b"}) is None
    assert verifier.match("a", {passwords.line("a", SALT, QUICK): "again"}) == "again"
    assert verifier.recalled("a", stored) == "a"


def test_two_hundred_calls_a_second_are_possible() -> None:
    """A costly line is computed once: two hundred look-ups take less than two of its hashes."""
    verifier = passwords.Verifier()
    costly = {passwords.line("a", SALT, passwords.CHOSEN): "a"}
    begun = time.process_time()
    verifier.match("a", costly)
    once = time.process_time() - begun
    begun = time.process_time()
    found = [verifier.match("a", costly) for _ in range(200)]

    assert found == ["a"] * 200
    assert time.process_time() - begun < 2 * once


def test_memory_is_bounded() -> None:
    """The secret that was found first is forgotten first."""
    verifier = passwords.Verifier(kept=2)
    stored = {inventories.hashed(name): name for name in ("a", "b", "c")}
    for name in ("a", "b", "c"):
        verifier.match(name, stored)

    assert [verifier.recalled(name, stored) for name in ("a", "b", "c")] == [None, "b", "c"]


def test_memory_holds_no_secret() -> None:
    """Two verifiers remember one secret under two marks, and neither is the secret."""
    first, second = passwords.Verifier(), passwords.Verifier()
    stored = {inventories.hashed("a-secret"): 1}
    for verifier in (first, second):
        verifier.match("a-secret", stored)

    assert first._known.keys() != second._known.keys()
    assert all(b"a-secret" not in mark for mark in first._known)


def test_several_threads_use_one_verifier() -> None:
    """Each gets its own answer, while the memory is turned over under them."""
    verifier = passwords.Verifier(kept=3)
    names = [f"secret {number}" for number in range(8)]
    stored = {inventories.hashed(name): name for name in names}
    wrong: list[str] = []

    def use(name: str) -> None:
        wrong.extend(name for _ in range(50) if verifier.match(name, stored) != name)

    threads = [threading.Thread(target=use, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(verifier._known) <= 3
