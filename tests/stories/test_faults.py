"""Killed, stopped, cut off and lied to, or two at a time: each approved job has run once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.faults import campaign, clones, proxy

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories

RUNS, PAIRS = 50, 20


def test_whatever_goes_wrong(tmp_path: Path) -> None:
    """Whatever the moments: drawn anew each time, and named where it fails."""
    seed = int.from_bytes(os.urandom(4), "big")
    done = campaign.campaign(tmp_path, RUNS, seed)

    again = f"python -m tests.faults.campaign --runs {RUNS} --seed {seed}"
    assert done.faults == [], again
    happened = {"killed", "killed with its children", "stopped"}
    assert happened | {f"`{fault}`" for fault in proxy.FAULTS} < done.counts.keys()
    assert done.counts["runs with unknown"] > 0, again


def test_two_clones_at_once(tmp_path: Path) -> None:
    """Both end well, whoever did what."""
    done = clones.clones(tmp_path, PAIRS)

    assert done.faults == []
    assert done.counts[f"`{proxy.START}`"] >= 2 * PAIRS
