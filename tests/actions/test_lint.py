"""The action and the workflows are what GitHub takes them for, and what they install is fixed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from runner.narrow import items, mapping, text
from tests.actions import expressions, reading, running
from tests.node import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json

OWN = running.HERE / ".github/actions/jobgate"
ACTION = OWN / "action.yml"
WORKFLOWS = sorted(running.FILES.glob("*.yml"))
GUIDE = running.HERE / "docs/how-to/github-actions.md"
# GitHub has the form `$/path` since July 2026, and zizmor asks for it. This actionlint is older: it
# says so once for each use, and `test_what_is_used_is_there` looks instead.
KNOWN = re.compile(
    r'specifying action "\$/\.github/[\w./-]+" in invalid format because ref is missing'
)
PIN = re.compile(r"uses: (?:\$/\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)")


def faults(*files: Path) -> list[str]:
    """Return what GitHub's parser and actionlint find in files."""
    done = subprocess.run(
        [peers.node(), "--import", "./load.mjs", "lint.mjs", *map(str, files)],
        cwd=expressions.HERE,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[Json] = json.loads(done.stdout)
    said = [f"{text(each, 'by')}: {text(each, 'message')}" for each in found]
    return [each for each in said if not KNOWN.search(each)]


def steps() -> Iterator[tuple[Path, dict[str, Json]]]:
    """Yield each step, with the file that it stands in."""
    for each in items(reading.action(ACTION), "runs", "steps"):
        yield ACTION, mapping(each)
    for path in WORKFLOWS:
        for job in mapping(reading.workflow(path), "jobs").values():
            for each in items(job, "steps"):
                yield path, mapping(each)


def test_they_are_read_without_a_fault() -> None:
    """GitHub's own parser takes the action and each workflow, and actionlint has nothing to say."""
    assert len(WORKFLOWS) == 3
    assert faults(ACTION, *WORKFLOWS) == []


def test_faults_would_be_found(tmp_path: Path) -> None:
    """The parser refuses a key that there is not, and actionlint a stranger's text in a script."""
    action, workflow = tmp_path / "action.yml", tmp_path / "bad.yml"
    action.write_text("name: a\ndescription: b\nruns: {using: composite, stepz: []}\n")
    workflow.write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n"
        "    steps:\n      - run: echo ${{ github.head_ref }}\n"
    )

    found = faults(action, workflow)

    assert any(each.startswith("workflow-parser") and "stepz" in each for each in found)
    assert any(each.startswith("actionlint") and "github.head_ref" in each for each in found)


def test_the_workflows_of_the_guide_are_workflows(tmp_path: Path) -> None:
    """What users are told to copy is read without a fault, zizmor's included, and calls ours.

    It gives inputs and secrets that ours have, and each right that a job of ours asks for.
    """
    blocks = re.findall(
        r"<!-- workflow (\S+) -->\n```yaml\n(.*?)```\n<!-- /workflow -->",
        GUIDE.read_text("utf-8"),
        re.DOTALL,
    )
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    for name, block in blocks:
        filled = block.replace("OWNER", "acme").replace("COMMIT", "0" * 40)
        (folder / name).write_text(filled, encoding="utf-8")
    files = sorted(folder.iterdir())
    zizmor = str(Path(sys.executable).with_name("zizmor"))
    argv = [zizmor, "--quiet", "--persona", "auditor", "--offline", str(tmp_path)]
    audited = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert [path.name for path in files] == ["jobs-apply.yml", "jobs-plan.yml"]
    assert faults(*files) == []
    assert audited.returncode == 0, audited.stdout
    for path in files:
        ours, theirs = reading.workflow(running.FILES / path.name), reading.workflow(path)
        groups = [text(each, "concurrency", "group") for each in (ours, theirs)]
        assert len({each.replace("${{ github.workflow }}", path.stem) for each in groups}) == (
            2 if any(groups) else 1
        )
        (job,) = mapping(theirs, "jobs").values()
        called = mapping(ours, "on", "workflow_call")
        rights = mapping(job, "permissions")
        assert f"/.github/workflows/{path.name}@" in text(job, "uses")
        assert set(mapping(job, "with")) <= set(mapping(called, "inputs"))
        assert set(mapping(job, "secrets")) == set(mapping(called, "secrets"))
        for each in mapping(ours, "jobs").values():
            for right, level in mapping(each, "permissions").items():
                assert rights[right] in {level, "write"}, right


def test_what_is_used_is_there() -> None:
    """Each action is one of this repository that exists, or pinned to a commit with its version."""
    for path, step in steps():
        uses = text(step, "uses")
        if uses.startswith("$/"):
            assert (running.HERE / uses.removeprefix("$/") / "action.yml").is_file(), path
    for path in (ACTION, *WORKFLOWS):
        lines = re.findall(r"^[ -]+(uses: .*)$", path.read_text("utf-8"), re.MULTILINE)
        assert all(PIN.fullmatch(line) for line in lines), path


def test_what_is_given_to_the_action_is_an_input_of_it() -> None:
    """No workflow gives the action an input that it does not have: GitHub would only warn."""
    known = set(mapping(reading.action(ACTION), "inputs"))
    given = [set(mapping(step, "with")) for _, step in steps() if "$/" in text(step, "uses")]

    assert given
    assert all(each <= known for each in given)


def test_scripts_hold_no_expression_and_are_scripts() -> None:
    """What comes from elsewhere reaches a script as a variable; bash takes every script."""
    scripts = [text(step, "run") for _, step in steps() if "run" in step]

    assert len(scripts) == 4
    for script in scripts:
        assert "${{" not in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_what_is_installed_is_what_the_project_needs() -> None:
    """Each dependency is pinned by hash, in a version that the project takes; the builder too."""
    with (running.HERE / "pyproject.toml").open("rb") as file:
        tree = tomllib.load(file)
    project, extras = tree["project"], tree["project"]["optional-dependencies"]
    needed = [
        Requirement(each)
        for each in (
            *tree["build-system"]["requires"],
            *project["dependencies"],
            *extras["bkjob"],
            *extras["github"],
        )
    ]
    pinned = (OWN / "requirements.txt").read_text("utf-8")
    entries = re.findall(
        r"^([\w.-]+)==(\S+)(?: ;[^\n\\]*)? \\\n((?: +--hash=\S+(?: \\)?\n)+)", pinned, re.MULTILINE
    )
    versions = {re.sub(r"[._]", "-", name): version for name, version, _ in entries}

    assert len(entries) == len(re.findall("==", re.sub(r";.*", "", pinned)))
    assert len(needed) > 10
    for each in needed:
        name = re.sub(r"[._]", "-", each.name)
        assert each.specifier.contains(versions[name]), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_rights_are_given_job_by_job(path: Path) -> None:
    """A workflow has no rights, a job those that it lists, and no event lends them to a fork."""
    tree = reading.workflow(path)

    assert tree["permissions"] == {}
    assert "pull_request_target" not in mapping(tree, "on")
    assert "workflow_run" not in mapping(tree, "on")
    for job in mapping(tree, "jobs").values():
        assert mapping(job, "permissions")
        assert mapping(job, "permissions").get("contents") in {"read", "write"}


def test_secrets_are_for_the_protected_branch_alone() -> None:
    """Secrets are named in jobs of `jobs-apply`, which want a protected ref and an environment."""
    for path in WORKFLOWS:
        for name, job in mapping(reading.workflow(path), "jobs").items():
            if "secrets." in json.dumps(job):
                assert (path.name, name) in {
                    ("jobs-apply.yml", "order"),
                    ("jobs-apply.yml", "apply"),
                }
                assert "github.ref_protected" in text(job, "if")
                assert text(job, "environment")
