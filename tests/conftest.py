"""Settings for every test: no law is judged by the clock of a machine that others share.

What was collected, and what tests leave behind, lives to the end. It is kept out of every
collection of garbage, which would otherwise go through it while one of thousands is timed.
"""

from __future__ import annotations

import gc
import itertools

from hypothesis import settings

settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

_OFTEN = 50  # tests after which what is left is put aside
_ended = itertools.count(1)


def pytest_collection_finish() -> None:
    """Let no collection of garbage look at what was collected."""
    _put_aside()


def pytest_runtest_logfinish() -> None:
    """Let none look at what the tests so far have left, either."""
    if next(_ended) % _OFTEN == 0:
        _put_aside()


def _put_aside() -> None:
    gc.collect()
    gc.freeze()
