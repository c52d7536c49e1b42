"""Reads workflows and actions: their YAML as plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

from runner.narrow import mapping

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json


def workflow(path: Path) -> dict[str, Json]:
    """Return a workflow."""
    return _tree(path)


def action(path: Path) -> dict[str, Json]:
    """Return an action, which must be a composite one."""
    tree = _tree(path)
    assert mapping(tree, "runs")["using"] == "composite"
    return tree


def _tree(path: Path) -> dict[str, Json]:
    return mapping(json.loads(json.dumps(YAML(typ="safe", pure=True).load(path))))
