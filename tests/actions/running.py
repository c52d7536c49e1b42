"""Runs a workflow for an event: which of its jobs, in which order, for which cells of a matrix."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runner.narrow import items, mapping, text
from tests.actions import reading
from tests.actions.expressions import Surroundings
from tests.actions.stepping import Place, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Json
    from tests.actions.commands import Command
    from tests.actions.expressions import Evaluator
    from tests.actions.stepping import Step

HERE = Path(__file__).parents[2]
FILES = HERE / ".github" / "workflows"
_KEYS = frozenset(
    {
        "concurrency",
        "environment",
        "if",
        "name",
        "needs",
        "permissions",
        "runs-on",
        "steps",
        "strategy",
        "timeout-minutes",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, and what the run for it is given; `github` is the context of that name."""

    name: str
    github: Mapping[str, Json]
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of a job, of one cell of its matrix."""

    job: str
    result: str
    place: Path
    steps: tuple[Step, ...] = ()
    summary: str = ""
    concurrency: Json = None
    environment: str = ""
    permissions: Mapping[str, Json] = field(default_factory=dict)

    def step(self, name: str) -> Step:
        """Return the step of that name."""
        return next(each for each in self.steps if each.name == name)

    @property
    def said(self) -> str:
        """Return all that was printed."""
        return "".join(each.said for each in self.steps)

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return each command that the runner heard."""
        return tuple(heard for each in self.steps for heard in each.commands)

    @property
    def artefacts(self) -> dict[str, str]:
        """Return what was kept, by the names of its artefact and its file."""
        folder = self.place / "artefacts"
        return {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    @property
    def scanned(self) -> dict[str, str]:
        """Return what code scanning got, by its category."""
        return {
            path.stem: path.read_text(encoding="utf-8")
            for path in sorted((self.place / "scanned").glob("*.sarif"))
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What runners are given: the forge's repository, and a checkout of this project."""

    evaluator: Evaluator
    folder: Path
    remote: Path
    environment: Mapping[str, str]
    jobgate: Path = HERE


def run(site: Site, name: str, event: Event) -> list[Ran]:
    """Run the workflow of that file name for an event; one that it does not wait for is refused."""
    tree = reading.workflow(FILES / name)
    called = "workflow_call" in mapping(tree, "on") and event.inputs
    assert event.name in mapping(tree, "on") or called, event.name
    contexts = _contexts(tree, event)
    done: list[Ran] = []
    for job, each in mapping(tree, "jobs").items():
        done += _job(site, job, mapping(each), {**contexts, "needs": _needed(each, done)})
    return done


def _contexts(tree: dict[str, Json], event: Event) -> dict[str, Json]:
    form = "workflow_call" if event.name != "workflow_dispatch" else event.name
    declared = mapping(tree, "on", form, "inputs") if event.inputs else {}
    assert set(event.inputs) <= set(declared)
    defaults = {key: mapping(each).get("default", "") for key, each in declared.items()}
    return {
        "github": {**event.github, "event_name": event.name, "workflow": text(tree, "name")},
        "secrets": dict(event.secrets),
        "vars": dict(event.variables),
        "inputs": {**defaults, **event.inputs},
        "job": {},
        "runner": {"os": "Linux"},
        "strategy": {},
        "matrix": {},
        "needs": {},
    }


def _needed(job: Json, done: list[Ran]) -> dict[str, Json]:
    need = mapping(job).get("needs")
    needs = [need] if isinstance(need, str) else items(need)
    return {
        str(each): {"result": ran.result, "outputs": {}}
        for each in needs
        for ran in done
        if ran.job == each
    }


def _job(site: Site, name: str, job: dict[str, Json], contexts: dict[str, Json]) -> list[Ran]:
    assert set(job) <= _KEYS, set(job) - _KEYS
    results = [mapping(each)["result"] for each in mapping(contexts, "needs").values()]
    failed = any(each != "success" for each in results)
    around = Surroundings(contexts=contexts, failed=failed)
    place = site.folder / f"run-{len(list(site.folder.glob('run-*')))}"
    if not site.evaluator.holds(text(job, "if"), around):
        return [Ran(job=name, result="skipped", place=place)]
    cells = list(_cells(site, job, around))
    return [
        _cell(site, name, job, {**contexts, "matrix": cell}, place.with_name(f"{place.name}-{at}"))
        for at, cell in enumerate(cells)
    ]


def _cells(site: Site, job: Json, around: Surroundings) -> Iterator[dict[str, Json]]:
    assert set(mapping(job, "strategy")) <= {"fail-fast", "matrix"}
    axes = {
        key: items(site.evaluator.value(each, around) if isinstance(each, str) else each)
        for key, each in mapping(job, "strategy", "matrix").items()
    }
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def _cell(
    site: Site, name: str, job: dict[str, Json], contexts: dict[str, Json], folder: Path
) -> Ran:
    place = Place(
        evaluator=site.evaluator,
        folder=folder,
        jobgate=site.jobgate,
        remote=site.remote,
        environment=site.environment,
    )
    place.workspace.mkdir(parents=True)
    place.temporary.mkdir()
    event = folder / "event.json"
    github = mapping(contexts, "github")
    event.write_text(json.dumps(github["event"]), encoding="utf-8")
    github = {**github, "workspace": str(place.workspace), "event_path": str(event), "job": name}
    steps = Steps(place=place, contexts={**contexts, "github": github})
    around = steps.around()
    concurrency = {
        key: site.evaluator.value(each, around) if isinstance(each, str) else each
        for key, each in mapping(job, "concurrency").items()
    }
    environment = site.evaluator.text(text(job, "environment"), around)
    steps.run(items(job, "steps"))
    return Ran(
        job=name,
        result="failure" if steps.failed else "success",
        place=folder,
        steps=tuple(steps.done),
        summary="\n".join(each for each in steps.summaries if each),
        concurrency=concurrency,
        environment=environment,
        permissions=mapping(job, "permissions"),
    )
