"""The tutorial, typed in as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.stories

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = re.MULTILINE | re.DOTALL
# The tutorial sets what it needs of git itself.
PLAIN = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ALLOW_PROTOCOL": "file"}


def test_the_tutorial_goes_as_it_says(tmp_path: Path) -> None:
    """Every command of the tutorial works, and prints the lines that stand below it, in order."""
    text = (DOCS / "tutorial.md").read_text("utf-8")
    blocks = re.findall(r"^```(sh|text)\n(.*?)^```$", text, BLOCKS)
    end = "==== the lines below are of the next part"
    script = "".join(code if kind == "sh" else f"echo '{end}'\n" for kind, code in blocks)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    found = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        ("bash", "-euo", "pipefail", "-c", script),
        cwd=tmp_path,
        env=kept | PLAIN | {"PATH": found},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    expected = [shown for kind, shown in blocks if kind == "text"]
    printed = done.stdout.split(f"{end}\n")
    assert len(printed) == len(expected) + 1
    for shown, part in zip(expected, printed, strict=False):
        rest = iter(part.splitlines())
        for line in filter(None, shown.splitlines()):
            pattern = ".*".join(map(re.escape, line.split("…")))
            assert any(re.fullmatch(pattern, each) for each in rest), (line, part)
