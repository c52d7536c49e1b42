"""Runs the steps of a job as GitHub's runner does: scripts by bash, our own action by its steps.

What it does not know of a step is refused: a key that is left out here would be left out unseen.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.narrow import items, mapping, text
from tests.actions import commands, handed, others, reading
from tests.actions.expressions import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runner.model import Json
    from tests.actions.commands import Command
    from tests.actions.expressions import Evaluator

OWN = "$/"
SECONDS = 300
_FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
_KEYS = frozenset({"name", "id", "if", "uses", "run", "shell", "with", "env"})
_HIDDEN = frozenset({"needs", "secrets", "vars"})  # from an action


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a job runs; `environment` is the machine's own, `jobgate` a checkout of ours."""

    evaluator: Evaluator
    folder: Path  # of this job alone
    jobgate: Path
    remote: Path
    environment: Mapping[str, str]

    @property
    def workspace(self) -> Path:
        """Return the folder that steps run in."""
        return self.folder / "workspace"

    @property
    def temporary(self) -> Path:
        """Return the folder for files that are gone after the job."""
        return self.folder / "temporary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of a step. `said` is all that it printed, its errors first."""

    name: str
    outcome: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    commands: tuple[Command, ...] = ()
    inner: tuple[Step, ...] = ()
    code: int = 0


@dataclass(slots=True, kw_only=True)
class Steps:
    """The steps of a job, or of an action, one after the other."""

    place: Place
    contexts: dict[str, Json]
    action: Path | None = None
    variables: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)
    done: list[Step] = field(default_factory=list)
    failed: bool = False

    def run(self, steps: list[Json]) -> None:
        """Run steps; what failed is kept, and what asks for it runs all the same."""
        known: dict[str, Json] = {}
        self.contexts["steps"] = known
        for each in steps:
            step = mapping(each)
            made = self._step(step)
            self.done.append(made)
            self.failed = self.failed or made.outcome == "failure"
            if "id" in step:
                known[text(step, "id")] = {
                    "outputs": dict(made.outputs),
                    "outcome": made.outcome,
                    "conclusion": made.outcome,
                }

    def around(self, variables: Mapping[str, str] | None = None) -> Surroundings:
        """Return what an expression sees now."""
        env: dict[str, Json] = {**self.variables, **(variables or {})}
        return Surroundings(contexts={**self.contexts, "env": env}, failed=self.failed)

    def texts(self, tree: Json, around: Surroundings) -> dict[str, str]:
        """Return a mapping of a workflow as texts, with its expressions evaluated."""
        plain = {True: "true", False: "false"}
        return {
            key: self.place.evaluator.text(each, around)
            if isinstance(each, str)
            else plain.get(each, str(each))
            if isinstance(each, bool)
            else str(each)
            for key, each in mapping(tree).items()
        }

    def _step(self, step: dict[str, Json]) -> Step:
        assert set(step) <= _KEYS, set(step) - _KEYS
        around = self.around()
        evaluator = self.place.evaluator
        name = evaluator.text(text(step, "name") or text(step, "uses"), around)
        if not evaluator.holds(text(step, "if"), around):
            return Step(name=name, outcome="skipped")
        variables = self.texts(step.get("env"), around)
        given = self.texts(step.get("with"), self.around(variables))
        uses = text(step, "uses")
        if not uses:
            assert step.get("shell", "bash") == "bash"
            assert "${{" not in text(step, "run"), "an expression inside of a script"
            return self._script(name, text(step, "run"), variables)
        if uses.startswith(OWN):
            folder = self.place.jobgate / uses.removeprefix(OWN)
            return self._own(name, folder, given, variables)
        outputs = others.use(uses, given, self.place.workspace, self.place.remote, self.contexts)
        return Step(name=name, outcome="success", outputs=outputs)

    def _own(
        self, name: str, folder: Path, given: Mapping[str, str], variables: Mapping[str, str]
    ) -> Step:
        """Run the steps of an action of the workflow's own repository."""
        action = reading.action(folder / "action.yml")
        declared = mapping(action, "inputs")
        assert set(given) <= set(declared), set(given) - set(declared)
        missing = [key for key, each in declared.items() if mapping(each).get("required") is True]
        assert set(missing) <= set(given)
        defaults = self.texts(
            {key: mapping(each).get("default", "") for key, each in declared.items()},
            self.around(variables),
        )
        seen = {key: each for key, each in self.contexts.items() if key not in _HIDDEN}
        github = {**mapping(seen, "github"), "action_path": str(folder)}
        inner = Steps(
            place=self.place,
            contexts={**seen, "github": github, "inputs": {**defaults, **given}},
            action=folder,
            variables={**self.variables, **variables},
            paths=self.paths,
        )
        inner.run(items(action, "runs", "steps"))
        self.summaries += inner.summaries
        outputs = self.texts(
            {key: mapping(each)["value"] for key, each in mapping(action, "outputs").items()},
            inner.around(),
        )
        failed = next((each for each in inner.done if each.outcome == "failure"), None)
        return Step(
            name=name,
            outcome="failure" if failed else "success",
            outputs=outputs,
            said="".join(each.said for each in inner.done),
            commands=tuple(heard for each in inner.done for heard in each.commands),
            inner=tuple(inner.done),
            code=failed.code if failed else 0,
        )

    def _script(self, name: str, script: str, variables: Mapping[str, str]) -> Step:
        number = len(list(self.place.temporary.glob("step-*")))
        folder = self.place.temporary / f"step-{number}"
        folder.mkdir()
        files = {each: folder / each for each in _FILES}
        for path in (*files.values(), folder / "script.sh"):
            path.write_text("", encoding="utf-8")
        (folder / "script.sh").write_text(script, encoding="utf-8")
        done = subprocess.run(
            ("bash", "--noprofile", "--norc", "-eo", "pipefail", str(folder / "script.sh")),
            cwd=self.place.workspace,
            env=self._environment(variables) | {key: str(path) for key, path in files.items()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        self.variables |= handed.pairs(files["GITHUB_ENV"])
        self.paths += files["GITHUB_PATH"].read_text(encoding="utf-8").splitlines()
        self.summaries.append(handed.summary(files["GITHUB_STEP_SUMMARY"]))
        err, out = (each.decode("utf-8", "replace") for each in (done.stderr, done.stdout))
        return Step(
            name=name,
            outcome="failure" if done.returncode else "success",
            outputs=handed.pairs(files["GITHUB_OUTPUT"]),
            said=f"{err}{out}",
            # The runner reads two pipes: what is said on one is not in order with the other.
            commands=(*commands.heard(err), *commands.heard(out)),
            code=done.returncode,
        )

    def _environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        github = mapping(self.contexts, "github")
        own = {
            f"GITHUB_{key.upper()}": str(value)
            for key, value in github.items()
            if isinstance(value, str) and key not in {"token", "action_path"}
        }
        action = {"GITHUB_ACTION_PATH": str(self.action)} if self.action else {}
        path = os.pathsep.join([*reversed(self.paths), self.place.environment["PATH"]])
        return {
            **self.place.environment,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.place.temporary),
            "PATH": path,
            **own,
            **action,
            **self.variables,
            **variables,
        }
