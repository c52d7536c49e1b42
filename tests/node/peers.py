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


def install() -> None:
    """Install what the lock file names, unless it is there; scripts of packages never run."""
    installed = MODULES / ".package-lock.json"
    lock = HERE / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    argv = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(argv, cwd=HERE, check=True, stdout=subprocess.DEVNULL)


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
