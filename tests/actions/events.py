"""Events as GitHub sends them: its own examples, about our repository and its pull requests."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.narrow import items, mapping, text
from tests.actions.running import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Json
    from tests.forge.double import Double
    from tests.forge.state import Pull

EXAMPLES = (
    Path(__file__).parent / "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
)
SETTINGS = {"JOBGATE_VERSION": "installed", "JOBGATE_PLATFORMS": '["local"]'}
_RUN = "7"


@functools.cache
def _examples() -> dict[str, list[Json]]:
    tree = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return {text(each, "name"): items(each, "examples") for each in tree}


def example(name: str, action: str = "") -> dict[str, Json]:
    """Return the first example of an event, with that action where one is named."""
    found = next(each for each in _examples()[name] if action in {"", text(each, "action")})
    return mapping(json.loads(json.dumps(found)))


def proposed(forge: Double, pull: Pull, action: str = "opened") -> Event:
    """Return the event that a pull request was opened, pushed to ("synchronize") and so on."""
    return _of_pull(forge, pull, "pull_request", example("pull_request", action))


def reviewed(forge: Double, pull: Pull, action: str = "submitted") -> Event:
    """Return the event that somebody handed in a review."""
    return _of_pull(forge, pull, "pull_request_review", example("pull_request_review", action))


def pushed(forge: Double, before: str) -> Event:
    """Return the event that the branch of the ledger moved to where it is."""
    tree = example("push")
    tip = str(forge.tip("main"))
    tree |= {"ref": "refs/heads/main", "before": before, "after": tip, "head_commit": {"id": tip}}
    return _of_branch(forge, "push", tree)


def due(forge: Double) -> Event:
    """Return the event of the schedule, of which there is no example: it holds almost nothing."""
    kept = {key: example("push")[key] for key in ("repository", "sender")}
    return _of_branch(forge, "schedule", {**kept, "schedule": "4,19,34,49 * * * *"})


def pressed(forge: Double, **inputs: str) -> Event:
    """Return the event that somebody started the workflow by hand."""
    tree = example("workflow_dispatch") | {"inputs": dict(inputs), "ref": "refs/heads/main"}
    return _of_branch(forge, "workflow_dispatch", tree, inputs)


def changed(event: Event, **github: Json) -> Event:
    """Return an event with other values in the context `github`."""
    return replace(event, github={**event.github, **github})


def without(event: Event, variable: str) -> Event:
    """Return an event in a repository that lacks a variable."""
    kept = {name: value for name, value in event.variables.items() if name != variable}
    return replace(event, variables=kept)


def _of_pull(forge: Double, pull: Pull, name: str, tree: dict[str, Json]) -> Event:
    head, base = str(forge.head(pull)), str(forge.base_of(pull))
    proposed = mapping(tree, "pull_request")
    proposed |= {
        "number": pull.number,
        "title": pull.title,
        "user": {**mapping(proposed, "user"), "login": pull.opener.login},
        "head": _side(proposed, "head", pull.branch, head, pull.source),
        "base": _side(proposed, "base", pull.base, base, forge.name),
    }
    tree |= {"number": pull.number, "pull_request": proposed}
    ref = f"refs/pull/{pull.number}/merge"
    github: dict[str, Json] = {"base_ref": pull.base, "head_ref": pull.branch}
    return _event(forge, name, tree, {**_at(ref, "0" * 40), **github})


def _of_branch(
    forge: Double, name: str, tree: dict[str, Json], inputs: Mapping[str, str] | None = None
) -> Event:
    github = {**_at("refs/heads/main", str(forge.tip("main"))), "ref_protected": True}
    return _event(forge, name, tree, github, inputs)


def _event(
    forge: Double,
    name: str,
    tree: dict[str, Json],
    github: Mapping[str, Json],
    inputs: Mapping[str, str] | None = None,
) -> Event:
    tree["repository"] = _repository(tree["repository"], forge.name)
    common: dict[str, Json] = {
        "event": tree,
        "token": next(iter(forge.tokens)),
        "repository": forge.name,
        "repository_owner": forge.name.partition("/")[0],
        "actor": text(tree, "sender", "login"),
        "actor_id": str(mapping(tree, "sender")["id"]),
        "server_url": "https://github.com",
        "api_url": forge.url,
        "run_id": _RUN,
        "run_attempt": "1",
    }
    return Event(
        name=name, github={**common, **github}, variables=SETTINGS, inputs=dict(inputs or {})
    )


def _at(ref: str, commit: str) -> dict[str, Json]:
    short = ref.removeprefix("refs/heads/").removeprefix("refs/")
    return {"ref": ref, "ref_name": short, "sha": commit, "ref_protected": False}


def _side(proposed: Json, side: str, branch: str, commit: str, repository: str) -> dict[str, Json]:
    kept = mapping(proposed, side)
    label = f"{repository.partition('/')[0]}:{branch}"
    repo = _repository(kept["repo"], repository)
    return {**kept, "ref": branch, "sha": commit, "label": label, "repo": repo}


def _repository(tree: Json, name: str) -> dict[str, Json]:
    owner, _, short = name.partition("/")
    return {
        **mapping(tree),
        "full_name": name,
        "name": short,
        "default_branch": "main",
        "owner": {**mapping(tree, "owner"), "login": owner},
    }
