"""The program: its commands by name, loaded when called, and the one place that ends it.

Start-up is part of the product: a command's module, and all that it needs, is imported only when
that command runs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from runner.cli import ending
from runner.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

# In the order in which a newcomer meets them; the words are each command's own short help.
COMMANDS = {
    "demo": "Go through the life of a change, in a throw-away repository.",
    "check": "Find every mistake in the specs of the working tree.",
    "render": "Show the exact request and script of each job.",
    "import": "Write a spec from a request that exists: JSON or curl.",
    "batches": "Show the batches that a rolling expression makes.",
    "lock": "Hold the scripts that platforms keep to what they say now.",
    "adopt": "Begin the ledger: take the jobs that exist as had, run nothing.",
    "plan": "Show what would run at a commit, and who must approve it.",
    "publish": "Show the plan on its pull request: a comment, and a status.",
    "explain": "Show why a change may run, or what it still lacks.",
    "approve": "Sign your consent to changes of the plan, or revoke it.",
    "apply": "Run what is approved at the branch's tip, once.",
    "status": "Show where every job of the ledger stands.",
    "watch": "Show how jobs come along, until they are at rest.",
    "resume": "Let a rolling job that waits for a person go on.",
    "retry": "Run a job again on hosts of its batch: those that failed, or all.",
    "skip": "Leave a batch that failed as it is, and go on with the next.",
    "stop": "Stop a job: what runs is ended, no more of it begins.",
    "logs": "Show what the hosts of a job printed.",
    "records": "List the records of what was submitted, or print one.",
    "verify": "Make a record again from Git, and say whether it holds.",
    "reconcile": "Settle what nobody knew; show where platforms and journal differ.",
    "doctor": "Find out what jobgate stands on that is not as it must be.",
    "hash-secret": "Print the hash that stands for a secret in an inventory.",
    "serve": "Serve the embedded platform over HTTP.",
    "data": "Prune or back up what an embedded platform has stored.",
    "rule": "Explain a rule: why it is one, and how to mend what breaks it.",
    "schema": "Print a published JSON Schema.",
}

# A command's module has its name, unless Python does not take that name.
MODULES = {"hash-secret": "hashing", "import": "importing"}


class _Lazy(click.Group):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or return None for a name that is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"runner.cli.{MODULES.get(cmd_name, cmd_name)}")
        command = getattr(module, "command", None)
        return _unwrapped(command) if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table, without loading anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _unwrapped(command: click.Command) -> click.Command:
    r"""Turn the `\b` of a raw docstring into click's mark for lines that are not to be wrapped."""
    command.help = (command.help or "").replace(r"\b", "\b")
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        _unwrapped(each)
    return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="jobgate", message="%(prog)s %(version)s")
def group() -> None:
    r"""Review, approve and run script jobs for fleets: what was reviewed is what runs, once.

    \b
    Start here:
      jobgate demo
    """


_unwrapped(group)


def run(args: Sequence[str]) -> int:
    """Run the command that `args` name and return the exit code (design 9)."""
    guard = ending.Guard()
    with guard:
        guard.code = ending.code_of(
            group.main(args=list(args), prog_name="jobgate", standalone_mode=False)
        )
    return guard.code
