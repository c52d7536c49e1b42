"""`jobgate serve`: the embedded platform over HTTP."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import click

from runner.errors import UsageError
from runner.server import addresses, inventoryfile, serverlog
from runner.server.inventory import own_user

_NEEDED = ("itsdangerous", "starlette", "urllib3", "uvicorn")


@click.command(short_help="Serve the embedded platform over HTTP.")
@click.option(
    "--listen",
    metavar="ADDRESS",
    default="127.0.0.1:8000",
    show_default=True,
    help="IP address and port, such as [::1]:8000; port 0 is any that is free.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of the platform's state; made when it is not there.",
)
@click.option(
    "--inventory",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="YAML file of hosts, accounts, apps and users; SIGHUP reads it again.",
)
@click.option(
    "--log-format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to write the log, to stderr.",
)
@click.option(
    "--callback-key",
    "callback_key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the key that callbacks are signed with.",
)
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file of the certificate, with its chain: speak TLS.",
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file of the certificate's key.",
)
@click.option(
    "--insecure-listen",
    "insecure",
    is_flag=True,
    help="Listen on an address that others reach without TLS.",
)
def command(
    *,
    listen: str,
    data: Path,
    inventory: Path,
    form: str,
    callback_key: Path | None,
    certificate: Path | None,
    key: Path | None,
    insecure: bool,
) -> int:
    r"""Serve the embedded platform: the API of BlueKing JOB around fast_execute_script, a console.

    Ends on SIGTERM or SIGINT once requests under way are finished; scripts that run go on, and are
    found again at the next start. SIGHUP puts a changed inventory in force.

    \b
    Example:
      jobgate serve --data /var/lib/jobgate --inventory inventory.yaml
    """
    _check_installed()
    terms = addresses.Terms(
        address=addresses.address(listen), certificate=certificate, key=key, insecure=insecure
    )
    addresses.check(terms)
    user = own_user()
    holder = inventoryfile.Holder(inventory, user)
    log = serverlog.Log(sys.stderr, form)
    # Only now: the extra is not installed everywhere.
    assembly, listening, posting = (
        importlib.import_module(f"runner.server.{name}")
        for name in ("assembly", "listening", "posting")
    )
    post = posting.Post(key=b"" if callback_key is None else posting.read_key(callback_key))
    with (
        addresses.bound(terms) as bound,
        assembly.opened(data, holder, user, log.note, post) as site,
    ):
        listening.serve(site, terms, bound, holder, log)
    return 0


def _check_installed() -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"cannot serve: {' and '.join(missing)} not installed",
            mend="install the extra, in a checkout of jobgate: `pip install '.[server]'`",
        )
