"""The diagrams of states in the docs, drawn from the tables of `runner/server/states.py`.

`python -m tests.diagrams` writes them into the page, between its markers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from runner.server import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.progress import Status
    from runner.server.states import JobOperation, Moves, StepOperation

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "embedded.md"
_BLOCK = re.compile(r"^(<!-- states (\w+) -->\n).*?^(<!-- /states -->)$", re.MULTILINE | re.DOTALL)


def _named(
    *tables: Mapping[JobOperation, Moves] | Mapping[StepOperation, Moves],
) -> dict[str, Moves]:
    return {_words(operation.name): moves for table in tables for operation, moves in table.items()}


def _words(name: str) -> str:
    return name.lower().replace("_", " ")


# What moves: by itself, and by the orders of these names.
MOVED: dict[str, tuple[Moves, dict[str, Moves]]] = {
    "job": (states.JOB, _named(states.JOB_OPERATIONS, states.JOB_BY_STEP)),
    "step": (states.STEP, _named(states.JOB_OPERATIONS, states.STEP_OPERATIONS)),
    "batch": (states.BATCH, _named(states.BATCH_BY_STEP)),
}


def diagram(what: str) -> str:
    """Return the states of one of MOVED as a fenced block of Mermaid."""
    alone, orders = MOVED[what]
    labels: dict[tuple[Status, Status], list[str]] = {edge: [] for edge in _edges(alone)}
    for name, moves in orders.items():
        for edge in _edges(moves):
            labels.setdefault(edge, []).append(name)
    named = sorted({state for edge in labels for state in edge})
    arrows = (
        f"{_id(old)} --> {_id(new)}"
        + (f": {', '.join(labels[old, new])}" if labels[old, new] else "")
        for old, new in sorted(labels)
    )
    lines = (
        *(f'state "{state.value} {_words(state.name)}" as {_id(state)}' for state in named),
        f"[*] --> {_id(named[0])}",
        *arrows,
        *(f"{_id(state)} --> [*]" for state in named if _ends(state, labels)),
    )
    return "\n    ".join(("```mermaid\nstateDiagram-v2", *lines)) + "\n```\n"


def drawn(page: str) -> str:
    """Return the page with its diagrams as they must be."""
    return _BLOCK.sub(lambda found: found[1] + diagram(found[2]) + found[3], page)


def _edges(moves: Moves) -> Iterator[tuple[Status, Status]]:
    return ((old, new) for old, targets in moves.items() for new in targets if new is not old)


def _ends(state: Status, edges: Iterable[tuple[Status, Status]]) -> bool:
    """Tell whether nothing leads on from a state, neither by itself nor by an order."""
    return all(old is not state for old, _ in edges)


def _id(state: Status) -> str:
    return state.name.lower()


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")
