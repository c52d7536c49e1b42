"""Evaluates what stands between `${{` and `}}`, by GitHub's own library in a Node that lives on."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.node import peers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Json

HERE = Path(__file__).parent
_PART = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = re.compile(r"\b(?:success|failure|always|cancelled)\s*\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an expression sees: the contexts, and how it went so far."""

    contexts: Mapping[str, Json]
    failed: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A Node that answers."""

    process: subprocess.Popen[str]

    def value(self, text: str, around: Surroundings) -> Json:
        """Return what a text of a workflow is: of one whole expression its value, else a string."""
        whole = _PART.fullmatch(text.strip())
        if whole is not None and "${{" not in whole[1]:
            return self._ask(whole[1], around)["value"]
        return self.text(text, around)

    def text(self, text: str, around: Surroundings) -> str:
        """Return a text of a workflow with its expressions evaluated."""
        return _PART.sub(lambda part: str(self._ask(part[1], around)["text"]), text)

    def holds(self, condition: str, around: Surroundings) -> bool:
        """Tell whether an `if` holds: one that does not ask how it went wants all to be well."""
        whole = _PART.fullmatch(condition.strip())
        asked = (whole[1] if whole else condition).strip() or "success()"
        if not _STATUS.search(asked):
            asked = f"success() && ({asked})"
        return bool(self._ask(f"!!({asked})", around)["value"])

    def _ask(self, expression: str, around: Surroundings) -> dict[str, Json]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        question = {
            "expression": expression.strip(),
            "contexts": dict(around.contexts),
            "failed": around.failed,
            "cancelled": around.cancelled,
        }
        self.process.stdin.write(f"{json.dumps(question)}\n")
        self.process.stdin.flush()
        answer: dict[str, Json] = json.loads(self.process.stdout.readline())
        assert "error" not in answer, f"{expression}: {answer['error']}"
        return answer


@contextlib.contextmanager
def evaluator() -> Iterator[Evaluator]:
    """Start a Node, and end it."""
    argv = [peers.node(), "--import", "./load.mjs", "evaluate.mjs"]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, cwd=HERE, stdin=pipe, stdout=pipe, text=True) as process:
        yield Evaluator(process)
        assert process.stdin is not None
        process.stdin.close()
