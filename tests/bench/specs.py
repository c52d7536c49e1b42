"""A repository of realistic specs, made from a seed: the same size and seed, the same bytes.

`python -m tests.bench.specs FOLDER --count 1000 [--wrong 10]` writes it. A spec has 40 to 60 lines,
5 to 50 hosts, and about 27 texts of which about 4 are templates; fifty of them share a folder and
its variables. `--wrong N` puts a mistake into N of them.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 20260101
TEAM = 50  # specs in a folder
_SCRIPTS = 20
_VERBS = ("restart", "rotate", "clean", "patch", "reload", "verify", "archive", "sync")
_NOUNS = ("nginx", "haproxy", "redis", "mysql", "kafka", "etcd", "postgres", "rabbitmq", "consul")
_REASONS = ("the renewed certificate", "the monthly patches", "full disks", "a new configuration")
_ROLLINGS = ('"1 10% 100%"', '"1 *2"', '"10%"', '"5 +5"', '"1 50% 100%"')
_MODES = ("pause_on_failure", "ignore_failure", "manual")
_MISTAKES = (
    ("  timeout:", "  time_out:"),
    ("language: shell", "language: shel"),
    ("{{ vars.service }}", "{{ vars.servise }}"),
    ("bk_cloud_id: 0", "bk_cloud_id: none"),
)


class Dice:
    """Numbers that depend on the seed alone, the same in every version of Python."""

    def __init__(self, seed: int) -> None:
        """Begin with `seed`."""
        self._seed = seed
        self._thrown = 0

    def between(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`."""
        self._thrown += 1
        bits = hashlib.sha256(f"{self._seed} {self._thrown}".encode()).digest()
        return low + int.from_bytes(bits[:8]) % (high - low + 1)

    def choice(self, of: Sequence[str]) -> str:
        """Return one of several."""
        return of[self.between(0, len(of) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many specs to write, how many of them to spoil, and the seed of all that is random."""

    count: int
    wrong: int = 0
    seed: int = SEED


def write(folder: Path, size: Size) -> None:
    """Write policy, variables, scripts and specs into `folder`."""
    for path, text in files(size).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def files(size: Size) -> dict[str, str]:
    """Return the text of every file by its path."""
    dice = Dice(size.seed)
    spoilt = frozenset(range(0, size.count, -(-size.count // size.wrong)) if size.wrong else ())
    made = {"jobgate.yaml": _POLICY, "specs/vars.yaml": _SHARED}
    for number in range(_SCRIPTS):
        made[f"scripts/task-{number:02}.sh"] = _script(number)
    for team in range(-(-size.count // TEAM)):
        made[f"specs/team-{team:03}/vars.yaml"] = _variables(dice, team)
    for number in range(size.count):
        text = _spec(dice, number)
        if number in spoilt:
            text = text.replace(*_MISTAKES[number % len(_MISTAKES)])
        made[f"specs/team-{number // TEAM:03}/job-{number:05}.yaml"] = text
    return made


def _spec(dice: Dice, number: int) -> str:
    verb, noun = dice.choice(_VERBS), dice.choice(_NOUNS)
    parts = (
        _HEAD.format(number=number, verb=verb, noun=noun, team=number // TEAM),
        _CHANGE.format(
            number=number, reason=dice.choice(_REASONS), risk=dice.choice(("low", "high"))
        ),
        _VARS.format(noun=noun, grace=dice.between(1, 59), team=number // TEAM),
        _SCRIPT.format(number=number % _SCRIPTS)
        if dice.between(1, 10) <= 7
        else _inline(dice, noun),
        _REQUEST.format(verb=verb, timeout=60 * dice.between(1, 100)),
        _hosts(dice, number),
        _ROLLING.format(expression=dice.choice(_ROLLINGS), mode=dice.choice(_MODES)),
    )
    return "".join(parts)


def _hosts(dice: Dice, number: int) -> str:
    """Return the targets: by address, up to ten; by id, several a line; or those of the team."""
    sort = dice.between(1, 10)
    if sort <= 2:
        return '  execute_target:\n    host_list: "{{ vars.hosts }}"\n'
    if sort <= 6:
        rows = [
            f"- {{bk_cloud_id: 0, ip: {_address(number, host)}}}"
            for host in range(dice.between(5, 10))
        ]
    else:
        hosts = [
            f"{{bk_host_id: {number * 50 + host + 1}}}" for host in range(dice.between(11, 50))
        ]
        groups = (hosts[start : start + 5] for start in range(0, len(hosts), 5))
        rows = ["[" + "".join(f"\n  {', '.join(group)}," for group in groups) + "\n]"]
    return "  execute_target:\n    host_list:\n" + indent("\n".join(rows), " " * 6) + "\n"


def _address(number: int, host: int) -> str:
    whole = number * 10 + host
    return f"10.{whole >> 16 & 255}.{whole >> 8 & 255}.{whole & 255}"


def _inline(dice: Dice, noun: str) -> str:
    steps = "".join(
        f"    log 'step {step} of {noun}'\n    run --limit {dice.between(0, 999)} {noun}\n"
        for step in range(dice.between(2, 4))
    )
    return _INLINE.format(steps=steps.rstrip("\n"))


def _script(number: int) -> str:
    steps = "".join(f'echo "step {step} of task {number}: $1"\n' for step in range(10 + number))
    return f"#!/bin/sh\nset -eu\n{steps}"


def _variables(dice: Dice, team: int) -> str:
    hosts = "".join(
        f"  - {{bk_cloud_id: 0, ip: 10.200.{team & 255}.{host + 1}}}\n"
        for host in range(dice.between(5, 50))
    )
    return f"place: site-{team % 7}\ncontact: team-{team}@example.org\nhosts:\n{hosts}"


_POLICY = """\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local:
    type: embedded
    paths: ["specs/**"]
people:
  ann:
    emails: [ann@example.org]
    keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEX0se+koq9Txln//DFJb56xIaWcYrzlQp9JyKq4olqG"]
"""
_SHARED = """\
scope: {type: biz, id: "2"}
account: operator
proxy: {host: proxy.example.org, port: 3128}
mirrors: ["https://a.example.org/", "https://b.example.org/"]
limits: {open_files: 65536, memory_mib: 2048}
"""
_HEAD = """\
# yaml-language-server: $schema=../../schemas/job-spec.v1.json
# Owned by team-{team}. Ask in the team's channel before the targets change:
# the hosts are those of the last survey, and a host that left stays in the list
# until the next one. The timeout is what the slowest host took, doubled.
apiVersion: jobgate/v1
kind: ScriptJob
metadata:
  name: {verb}-{noun}-{number:05}
  description: {verb} {noun} on its hosts, a few of them first
  labels:
    team: team-{team}
    service: {noun}
    kind: change
  run: 1
  rerun: on-run
"""
_CHANGE = """\
change:
  reason: Bring in {reason}
  ticket: CHG{number:07}
  risk: {risk}
  backout: "Run the job of the change before {{{{ vars.service }}}} was touched"
"""
_VARS = """\
vars:
  service: {noun}
  grace: {grace}
  owner: team-{team}
"""
_SCRIPT = """\
script:
  file: scripts/task-{number:02}.sh
  language: shell
  args: ["--service", "{{{{ vars.service }}}}", "--grace", "{{{{ vars.grace }}}}"]
"""
_INLINE = """\
script:
  language: shell
  content: |
    #!/bin/sh
    set -eu
{steps}
  args: ["--graceful", "{{{{ vars.service }}}}"]
"""
_REQUEST = """\
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  task_name: "{verb} {{{{ vars.service }}}} at {{{{ vars.place }}}}"
  account_alias: root
  timeout: {timeout}
"""
_ROLLING = """\
  rolling_config:
    expression: {expression}
    mode: {mode}
"""


def main() -> None:
    """Write a repository's files where the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--wrong", type=int, default=0)
    chosen = parser.parse_args()
    write(chosen.folder, Size(count=chosen.count, wrong=chosen.wrong))


if __name__ == "__main__":
    main()
