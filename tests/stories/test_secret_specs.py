"""Secrets in specs: a real shell gets the very values, and the policy in force has to know them."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest

from runner import secretparts
from runner.model import Secret
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site import Site

pytestmark = pytest.mark.stories

VALUES = {
    "quotes": 'it\'s "quoted" `id` $(id) $HOME ${x:-y}',
    "signs": "a\\b\\\\c *?[x] ~ # ! & | ; < > ( ) { } = %",
    "blanks": "  two  \t tab \r cr \x1b[31m ",
    "dashes": "--help -- -n",
    "letters": "päß wörd 密码 \U0001f511",
}
SAID = """\
secrets:
  word: {file: %s, platforms: [local], paths: ["specs/*.yaml"]}
"""


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_real_shell_gets_the_arguments(shell: str) -> None:
    """Put behind a script's name on a shell's command line, each argument is what it was."""
    args = [(f"--{name}=", Secret(name), "'\" end") for name in VALUES]
    body = secretparts.filled({"script_param": secretparts.arguments([*args, ()])}, VALUES)
    line = base64.b64decode(str(body["script_param"])).decode()

    ended = subprocess.run(
        [shell, "-c", f"""printf '%s\\0' {line}"""], capture_output=True, check=True
    )

    expected = [f"--{name}={value}'\" end" for name, value in VALUES.items()]
    assert ended.stdout.decode().split("\0") == [*expected, "", ""]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site whose policy in force names a secret, and whose job is given it."""
    made = sites.make(tmp_path)
    made.edit("jobgate.yaml", "people:\n", SAID % secret(made, "first-value") + "people:\n")
    made.commit("A secret")
    assert made.jobgate("adopt").code == 0
    sites.count(made)
    made.edit("specs/count.yaml", "{{ vars.word }}", "word={{ secret('word') }}")
    made.edit("specs/count.yaml", "  args:", "  sensitive: true\n  args:")
    made.commit("Count")
    return made


def secret(made: Site, value: str) -> Path:
    """Return a new file that holds a value and that nobody else may read."""
    file = made.root / f"{len(value)}.txt"
    file.write_text(value)
    file.chmod(0o400)
    return file


def test_the_script_gets_the_value_and_the_reviewer_its_name(site: Site) -> None:
    """The plan says which secret stands where, and the script is given what it is."""
    shown = site.jobgate("plan").out
    assert "word=secret(word)" in shown
    assert f"secret(word) comes from the file {site.root}/11.txt" in shown
    assert site.approve().code == 0

    ended = site.jobgate("apply")

    assert ended.code == 0, ended.out + ended.err
    assert site.runs == ["ran word=first-value"]
    journal = site.git("grep", "--fixed-strings", '{"secret":"word"}', "jobgate-journal")
    assert journal
    assert site.symbols() == {}


def test_a_secret_that_is_found_elsewhere_waits_for_the_policy(site: Site) -> None:
    """A job is not given what the policy of its own commit alone names."""
    assert (site.approve().code, site.jobgate("apply").code) == (0, 0)
    site.edit("jobgate.yaml", "11.txt", secret(site, "another-value").name)
    site.commit("Another source", by=sites.REVIEWER)
    assert site.symbols() == {"@policy": "~"}
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run again")
    assert site.approve().code == 0

    ended = site.jobgate("apply")

    assert (ended.code, site.runs) == (4, ["ran word=first-value"])
    assert "@policy must be accepted first" in ended.out
    assert site.approve("@policy").code == 1
    assert site.approve("@policy", by=sites.AUTHOR).code == 0
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran word=first-value", "ran word=another-value"]


def test_check_tells_what_the_policy_does_not_give(site: Site) -> None:
    """A secret that the policy of the same tree withholds is found by `check`, at its line."""
    site.edit("jobgate.yaml", "specs/*.yaml", "specs/lab/*.yaml")

    ended = site.jobgate("check")

    assert ended.code == 1
    assert "secret-not-allowed" in ended.out
    assert "specs/count.yaml:10:" in ended.out
