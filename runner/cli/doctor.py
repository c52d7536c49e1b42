"""`jobgate doctor`: whether all that jobgate stands on is as it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner import checkup, requests
from runner.cli import compose, options
from runner.errors import CheckError
from runner.pipeline import examining
from runner.pipeline.probing import Probe, Wish
from runner.report import checkups

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Find out what jobgate stands on that is not as it must be.")
@click.option("--platform", metavar="NAME", help="Look at this platform only.  [default: all]")
@click.option("--probe", metavar="NAME", help="Run `true` on this platform, as one job.")
@click.option("--scope", metavar="TYPE/ID", help="The scope to ask about, and of the probe.")
@click.option("--account", metavar="ALIAS", help="The account that the probe runs as.")
@click.option("--host", metavar="CLOUD:IP", help="The host that the probe runs on.")
@options.formats("text", "json")
@options.repository
def command(
    folder: Path,
    form: str,
    *,
    platform: str | None,
    probe: str | None,
    scope: str | None,
    account: str | None,
    host: str | None,
) -> int:
    r"""Find out what jobgate stands on that is not as it must be.

    That is git, OpenSSH, the refs of journal and approvals, the policy in force, and its platforms.
    Each line says what was seen; below it stand what that does not show, and what to do.

    Nothing is changed, and nothing is pushed, but for --probe NAME: that creates one job on the
    platform, outside the ledger, which runs `true` on the host, to see that it waits until it is
    started, and starts once. It needs --scope, --account and --host.

    Exits 1 when something does not work; warnings do not count.

    \b
    Example:
      jobgate doctor
      jobgate doctor --probe prod --scope biz/2 --account operator --host 0:10.0.0.1
    """
    wish = _wish((platform, probe), scope, account, host)
    found: list[checkup.Check] = []
    with compose.means(folder) as means:
        for check in examining.examined(means, wish):
            found.append(check)
            if form == "text":
                click.echo(checkups.line(check), nl=False)
    click.echo(checkups.summary(found) if form == "text" else checkups.document(found), nl=False)
    return CheckError.exit_code if checkup.failed(found) else 0


def _wish(
    names: tuple[str | None, str | None], scope: str | None, account: str | None, host: str | None
) -> Wish:
    platform, probe = names
    asked = None if scope is None else _scope(scope)
    if probe is None:
        if account is not None or host is not None:
            raise click.UsageError("--account and --host belong to --probe")
        return Wish(platform=platform, scope=asked)
    if platform not in {None, probe}:
        raise click.UsageError("--platform and --probe name two platforms")
    if asked is None or account is None or host is None:
        raise click.UsageError("--probe needs --scope, --account and --host")
    made = Probe(scope=asked, account=account, host=_host(host))
    return Wish(platform=probe, scope=asked, probe=made)


def _scope(text: str) -> tuple[str, str]:
    kind, _, identity = text.partition("/")
    if not kind or not identity:
        raise click.BadParameter("write it as TYPE/ID, such as biz/2", param_hint="--scope")
    return kind, identity


def _host(text: str) -> tuple[int, str]:
    cloud, _, address = text.partition(":")
    if not (cloud.isascii() and cloud.isdigit() and requests.is_ipv4(address)):
        raise click.BadParameter("write it as CLOUD:IP, such as 0:10.0.0.1", param_hint="--host")
    return int(cloud), address
