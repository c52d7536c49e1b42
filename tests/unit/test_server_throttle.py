"""How long one has to wait after failures, and when that is forgotten."""

from __future__ import annotations

from runner.server.throttle import FORGOTTEN, FREE, LONGEST, Throttle

WHO, FROM = "app ci", "192.0.2.1"


def _failed(throttle: Throttle, times: int, now: float = 0.0) -> float:
    waits = [throttle.failed(WHO, FROM, now) for _ in range(times)]
    return waits[-1]


def test_the_delay_grows_with_each_failure() -> None:
    """The first ones are free, then it doubles up to the longest."""
    throttle = Throttle()
    waits = [throttle.failed(WHO, FROM, 0.0) for _ in range(12)]

    assert waits[: FREE - 1] == [0.0] * (FREE - 1)
    assert waits[FREE - 1 :] == [1, 2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST, LONGEST]
    assert throttle.failed(WHO, FROM, 0.0) == LONGEST


def test_waiting_helps() -> None:
    """What is left is told, and after that nothing."""
    throttle = Throttle()
    _failed(throttle, FREE + 2)

    assert throttle.wait(WHO, FROM, 1.5) == 2.5
    assert throttle.wait(WHO, FROM, 4.0) == 0.0
    assert throttle.wait("app other", "192.0.2.2", 0.0) == 0.0


def test_either_of_the_two_is_enough() -> None:
    """One who tries from elsewhere waits, and another who tries from there."""
    throttle = Throttle()
    _failed(throttle, FREE)

    assert throttle.wait(WHO, "192.0.2.2", 0.0) == 1.0
    assert throttle.wait("app other", FROM, 0.0) == 1.0


def test_success_clears_both() -> None:
    """Whoever knows the secret begins anew."""
    throttle = Throttle()
    _failed(throttle, FREE + 5)
    throttle.succeeded(WHO, FROM)

    assert throttle.wait(WHO, FROM, 0.0) == 0.0
    assert throttle.failed(WHO, FROM, 0.0) == 0.0


def test_failures_are_forgotten() -> None:
    """Not before, and not by a clock that is put back."""
    throttle = Throttle()
    _failed(throttle, FREE + 5, now=1000.0)

    assert throttle.wait(WHO, FROM, 10.0) == 32.0
    assert throttle.failed(WHO, FROM, 1000.0 + FORGOTTEN - 1) == LONGEST
    assert throttle.failed(WHO, FROM, 1000.0 + 2 * FORGOTTEN) == 0.0


def test_memory_is_bounded() -> None:
    """The failures that are oldest make room, for identities and for peers."""
    throttle = Throttle(kept=2)
    _failed(throttle, FREE)
    for number in range(2):
        throttle.failed(f"app {number}", f"192.0.2.{number + 8}", 0.0)

    assert throttle.wait(WHO, FROM, 0.0) == 0.0
    assert [len(table) for table in throttle._failed] == [2, 2]
