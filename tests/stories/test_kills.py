"""Killed at random moments, a server loses no job, runs nothing twice, and tells the truth."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.campaign import kills

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories

ROUNDS = 10


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Whatever the moments: drawn anew each time, and named where it fails."""
    seed = int.from_bytes(os.urandom(4), "big")
    done = kills.campaign(tmp_path, ROUNDS, seed)

    again = f"python -m tests.campaign.kills --rounds {ROUNDS} --seed {seed}"
    assert done.faults == [], f"{again}\n{done.server.told()}"
    assert len(done.jobs) >= kills.AT_ONCE, again
