"""Settings for every test: no law is judged by the clock of a machine that others share.

What was collected lives to the end. It is kept out of every collection of garbage, which would
otherwise go through thousands of tests while one of them is timed.
"""

from __future__ import annotations

import gc

from hypothesis import settings

settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


def pytest_collection_finish() -> None:
    """Let no collection of garbage look at what was collected."""
    gc.collect()
    gc.freeze()
