"""The action: what it installs, what it hands to jobgate, what it keeps from everybody else."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner import version
from tests import repos
from tests.actions import running
from tests.actions.stepping import Place, Step, Steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.model import Json
    from tests.actions.expressions import Evaluator

ACTION = "$/.github/actions/jobgate"
WORD = "ghs_thatOfTheRun"
PWNED = "import pathlib; pathlib.Path(__file__).with_name('pwned').touch()\n"
HOSTILE = "-x $(touch pwned) `touch pwned` ; touch pwned\n::error::heard ##[error]heard"
# Says what it was given, and to both outputs what a runner must not take for a command.
PROGRAM = """\
#!/bin/sh
printf '%s\\0' "$@" > "$HOME/words"
env -0 > "$HOME/variables"
[ -z "$SSH_AUTH_SOCK" ] || ssh-add -L > "$HOME/agent"
echo '::set-output name=code::0' >&2
echo '##[add-mask]e'
echo '::warning::said at the end'
exit "$(cat "$HOME/code" 2>/dev/null || echo 0)"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A checkout with a spec, on a runner."""

    place: Place
    steps: Steps

    @property
    def home(self) -> Path:
        """Return the home of whoever runs it."""
        return self.place.folder / "home"

    @property
    def pwned(self) -> list[Path]:
        """Return what was made by code that must not run."""
        return list(self.place.folder.rglob("pwned*"))

    def act(self, **inputs: str) -> Step:
        """Use the action once."""
        given: dict[str, Json] = {each.replace("_", "-"): inputs[each] for each in inputs}
        self.steps.run([{"if": "always()", "uses": ACTION, "with": given}])
        return self.steps.done[-1]

    def read(self, name: str) -> list[str]:
        """Return what the program noted."""
        return (self.home / name).read_bytes().decode().split("\0")[:-1]


def waited(holds: Callable[[], bool]) -> None:
    """Wait until something holds that comes by itself."""
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    pytest.fail("it never came")


def words(said: list[str]) -> list[str]:
    """Return what the program was given, without names of files that are made up."""
    return [each for each in said if not each.startswith(("--summary=", "--outputs=", "/"))]


@pytest.fixture
def bench(tmp_path: Path, evaluator: Evaluator) -> Bench:
    """Return a checkout whose jobgate is a program that notes what it is given."""
    home, programs = tmp_path / "home", tmp_path / "programs"
    home.mkdir()
    programs.mkdir()
    (programs / "jobgate").write_text(PROGRAM)
    (programs / "jobgate").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    kept.setdefault("PIP_CACHE_DIR", str(Path.home() / ".cache/pip"))
    place = Place(
        evaluator=evaluator,
        folder=tmp_path,
        jobgate=running.HERE,
        remote=tmp_path / "none",
        environment={
            **kept,
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(home),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        },
    )
    place.temporary.mkdir()
    repos.make(place.workspace)
    repos.commit(place.workspace, {"jobgate.yaml": (running.HERE / "jobgate.yaml").read_bytes()})
    github: dict[str, Json] = {
        "token": WORD,
        "server_url": "https://github.com",
        "repository": "acme/ops",
        "run_id": "7",
        "actor": "octocat",
        "actor_id": "1",
    }
    return Bench(place=place, steps=Steps(place=place, contexts={"github": github}))


def test_it_installs_what_it_is_a_checkout_of(bench: Bench) -> None:
    """Without a version jobgate is installed as it is here, and nothing of the checkout is run.

    A second use finds it installed. A version that is named comes from the index that is named.
    """
    hostile = ("venv.py", "pip.py", "ensurepip.py", "sitecustomize.py", "runner/__init__.py")
    repos.commit(bench.place.workspace, dict.fromkeys(hostile, PWNED))
    checked = bench.act(command="check")
    again = bench.act(command="check")
    python = bench.place.temporary / "jobgate/bin/python"
    found = subprocess.run(
        [python, "-I", "-c", "import runner, urllib3; print(runner.__path__[0])"],
        capture_output=True,
        text=True,
        check=True,
    )
    index = bench.place.folder / "index"
    build = ["-I", "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([python, *build, "-w", index / "jobgate", running.HERE], check=True)
    names = [path.name for path in (index / "jobgate").iterdir()]
    (index / "jobgate/index.html").write_text("".join(f'<a href="{each}">a</a>' for each in names))
    bench.steps.variables |= {"PIP_INDEX_URL": index.as_uri()}
    pinned = bench.act(command="check", version=version.VERSION)
    other = bench.act(command="check", version="0.0.999")

    assert (checked.outcome, again.outcome, pinned.outcome) == ("success",) * 3, pinned.said
    assert found.stdout.startswith(str(bench.place.temporary))
    assert other.outcome == "failure"
    assert "0.0.999" in other.said
    assert bench.pwned == []
    assert all("Check: 0 jobs" in each.said for each in (checked, again, pinned))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"command": "serve"}, "the input command is none that the action has"),
        ({"command": "check $(touch pwned)"}, "the input command is none that the action has"),
        ({"command": "check", "version": "1.0; touch pwned"}, "the input version is not a version"),
        ({"command": "check", "version": "--pre"}, "the input version is not a version"),
        ({"command": "check", "version": "1.0"}, "PIP_INDEX_URL does not say from where"),
        ({"command": "apply", "secrets": "A=b\nhunter2"}, "a line is not NAME=value"),
    ],
)
def test_what_it_cannot_take_it_refuses(bench: Bench, inputs: dict[str, str], said: str) -> None:
    """An input that is none ends the step with its reason, before anything is run."""
    made = bench.act(**{"version": "installed", **inputs})
    errors = [each.text for each in made.commands if each.name == "error"]

    assert (made.outcome, made.code) == ("failure", 2)
    assert len(errors) == 1
    assert errors[0].endswith(said)
    assert "hunter2" not in made.said
    assert not (bench.home / "words").exists()
    assert bench.pwned == []


@pytest.mark.parametrize(
    ("command", "inputs", "expected"),
    [
        ("check", ("base", "head"), ["--base", "--rev"]),
        ("plan", ("base", "head"), ["--base", "--head"]),
        ("publish", ("base", "head", "pull"), ["--base", "--head", "--pull"]),
        ("apply", ("head", "platform"), ["--head", "--platform"]),
    ],
)
def test_hostile_values_are_words(
    bench: Bench, command: str, inputs: tuple[str, ...], expected: list[str]
) -> None:
    """Each value reaches jobgate as one word of its option, whatever is in it."""
    made = bench.act(command=command, version="installed", **dict.fromkeys(inputs, HOSTILE))
    given = bench.read("words")

    assert made.outcome == "success"
    assert given[:3] == [command, "-C", str(bench.place.workspace)]
    assert {f"{each}={HOSTILE}" for each in expected} <= set(given)
    assert "--format=github" in given
    assert bench.pwned == []


@pytest.mark.parametrize("order", ["resume", "retry", "skip", "stop"])
def test_an_order_names_its_job_last(bench: Bench, order: str) -> None:
    """A job's name is no option, even where it looks like one."""
    made = bench.act(command=order, version="installed", job="--all", reason=HOSTILE)

    assert made.commands == ()
    assert "::warning::said at the end" in made.said
    assert bench.read("words")[3:] == [f"--reason={HOSTILE}", "--", "--all"]


def test_nothing_is_given_that_was_not_said(bench: Bench) -> None:
    """An empty input is no option."""
    bench.act(command="apply", version="installed")

    assert words(bench.read("words")) == ["apply", "-C", "--format=github"]


def test_what_is_not_to_be_reported_is_not(bench: Bench) -> None:
    """Without a report there are neither annotations nor a summary, and what is said is fenced."""
    (bench.home / "code").write_text("1")
    made = bench.act(command="plan", version="installed", report="false")
    given = bench.read("words")

    assert (made.outcome, made.outputs["code"]) == ("failure", "1")
    assert words(given) == ["plan", "-C"]
    assert not any(each.startswith("--summary=") for each in given)
    assert made.commands == ()
    assert set(bench.steps.summaries) == {""}


def test_what_a_command_says_on_the_way_is_no_command(bench: Bench) -> None:
    """Of what is written to stderr nothing is heard; what comes at the end is fenced by jobgate."""
    made = bench.act(command="plan", version="installed")

    assert [(each.name, each.text) for each in made.commands] == [
        ("add-mask", "e"),
        ("warning", "said at the end"),
    ]
    assert "::set-output name=code::0" in made.said
    assert made.outputs["code"] == "0"


@pytest.mark.parametrize(("tolerate", "outcome"), [("4 5 6", "failure"), ("4 5 6 7", "success")])
def test_codes_that_are_tolerated(bench: Bench, tolerate: str, outcome: str) -> None:
    """A code that is named does not fail the step, and is an output all the same."""
    (bench.home / "code").write_text("7")
    made = bench.act(command="apply", version="installed", tolerate=tolerate)
    summary = (bench.place.folder / made.outputs["summary-path"]).read_text()

    assert made.outcome == outcome
    assert made.outputs["code"] == "7"
    assert summary == bench.steps.summaries[-1]
    assert "`jobgate apply` ended with exit code 7" in summary


def test_secrets_reach_jobgate_and_nobody_else(bench: Bench) -> None:
    """Lines become variables of the command, and are masked; the key is in an agent that ends."""
    key = bench.place.folder / "runner"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    private = key.read_text()
    odd = "a b%0A$(touch pwned)='\""
    lines = f"BK_APP_SECRET={odd}\nDB=two"
    made = bench.act(command="apply", version="installed", secrets=lines, runner_key=private)
    given = dict(each.split("=", 1) for each in bench.read("variables"))
    public = given["JOBGATE_RUNNER_KEY"]
    left = [
        path
        for path in bench.place.folder.rglob("*")
        if path.is_file() and path not in {key, bench.home / "variables"}
    ]

    assert (given["BK_APP_SECRET"], given["DB"]) == (odd, "two")
    assert (given["GITHUB_TOKEN"], given["JOBGATE_GIT_TOKEN"]) == (WORD, WORD)
    assert not any("PRIVATE KEY" in value for value in given.values())
    assert [each.text for each in made.commands if each.name == "add-mask"][:2] == [odd, "two"]
    assert (bench.home / "agent").read_text() == key.with_suffix(".pub").read_text()
    assert public.startswith(str(bench.place.temporary))
    assert not any(private.splitlines()[2].encode() in path.read_bytes() for path in left)
    waited(lambda: not Path(given["SSH_AUTH_SOCK"]).exists())
    assert bench.pwned == []


def test_git_gets_the_token_by_a_helper(bench: Bench) -> None:
    """Git is told the token for the forge alone, from the environment; no file has it."""
    bench.act(command="check", version="installed")

    def asked(host: str) -> str:
        done = subprocess.run(
            ["git", "credential", "fill"],
            cwd=bench.place.workspace,
            env={
                **bench.place.environment,
                "JOBGATE_GIT_TOKEN": WORD,
                "GIT_TERMINAL_PROMPT": "0",
                "GIT_ASKPASS": "/bin/false",
            },
            input=f"protocol=https\nhost={host}\n\n",
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    files = [path for path in bench.place.workspace.rglob("*") if path.is_file()]

    assert f"username=x-access-token\npassword={WORD}\n" in asked("github.com")
    assert WORD not in asked("example.org")
    assert not any(WORD.encode() in path.read_bytes() for path in files)


@pytest.mark.parametrize("config", [".", "deep/er", "deep/er/jobgate.yaml", "jobgate.yaml"])
def test_the_configuration_is_a_file_or_its_folder(bench: Bench, config: str) -> None:
    """Either names the checkout that is meant."""
    repos.commit(bench.place.workspace, {"deep/er/jobgate.yaml": ""})
    bench.act(command="check", version="installed", config=config)

    assert bench.read("words")[2] == str(bench.place.workspace)


def test_what_is_no_checkout_is_refused(bench: Bench) -> None:
    """A folder that is none ends the step before jobgate is run."""
    made = bench.act(command="check", version="installed", config="-P; touch pwned")

    assert made.outcome == "failure"
    assert not (bench.home / "words").exists()
    assert bench.pwned == []
