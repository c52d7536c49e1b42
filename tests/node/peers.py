"""The Node programs that jobgate is held against: installed once, as the lock file has them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
SCHEMAS = HERE.parents[1] / "schemas"


def install(folder: Path = HERE) -> None:
    """Install what a folder's lock file names, unless it is there; no package's scripts run."""
    installed = folder / "node_modules" / ".package-lock.json"
    lock = folder / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    argv = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(argv, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def node() -> str:
    """Return the Node that is on the PATH."""
    found = shutil.which("node")
    assert found is not None, "node is not installed: .ci/run does so"
    return found


def judged(schema: Path, instances: Iterable[Json]) -> subprocess.CompletedProcess[str]:
    """Have Ajv judge each instance by the schema in a file: a line of output each."""
    return subprocess.run(
        [node(), str(HERE / "judge.mjs"), str(schema)],
        input="".join(f"{json.dumps(each)}\n" for each in instances),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
