"""GitHub's own description of its API: what it says of exchanges, and its example answers."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.node import peers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json
    from tests.forge.serving import Exchange

HERE = Path(__file__).parent
GENERATED = HERE / "node_modules" / "@octokit" / "openapi" / "generated"
NAMES = ("api.github.com", "ghec", "ghes-3.17", "ghes-3.19")


def faults(
    exchanges: Iterable[dict[str, Json]], name: str = NAMES[0], *, to_the_letter: bool = False
) -> list[list[str]]:
    """Return what is wrong with each exchange, by one of the descriptions."""
    done = subprocess.run(
        [peers.node(), str(HERE / "judge.mjs"), name, *["to-the-letter"] * to_the_letter],
        input="".join(f"{json.dumps(each)}\n" for each in exchanges),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def written(exchange: Exchange) -> dict[str, Json]:
    """Return an exchange as the judge reads it."""
    return {
        "method": exchange.method,
        "path": exchange.path,
        "query": dict(exchange.query),
        "headers": dict(exchange.sent),
        "body": json.loads(exchange.given) if exchange.given else None,
        "status": exchange.status,
        "tree": json.loads(exchange.content) if exchange.content else None,
    }


def example(name: str) -> Json:
    """Return one of the description's example answers."""
    tree = json.loads((GENERATED / f"{NAMES[0]}.json").read_text(encoding="utf-8"))
    found: Json = tree["components"]["examples"][name]["value"]
    return found
