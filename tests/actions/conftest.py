"""What these tests need: Node with the packages of the lock file, and a scene for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.actions import expressions, scene
from tests.node import peers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.actions.expressions import Evaluator
    from tests.actions.scene import Scene


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    peers.install(expressions.HERE)


@pytest.fixture(scope="session")
def evaluator(_installed: None) -> Iterator[Evaluator]:
    """Return GitHub's expressions."""
    with expressions.evaluator() as made:
        yield made


@pytest.fixture
def unbegun(tmp_path: Path, evaluator: Evaluator) -> Iterator[Scene]:
    """Return a repository without a ledger, on a forge, with a runner."""
    with scene.open_scene(tmp_path, evaluator, begun=False) as made:
        yield made


@pytest.fixture
def here(tmp_path: Path, evaluator: Evaluator) -> Iterator[Scene]:
    """Return a repository with a ledger, on a forge, with a runner."""
    with scene.open_scene(tmp_path, evaluator) as made:
        yield made
