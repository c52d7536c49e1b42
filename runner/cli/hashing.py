"""`jobgate hash-secret`: the line that stands for a secret in an inventory."""

from __future__ import annotations

import secrets
import sys

import click

from runner.server import passwords


@click.command(short_help="Print the hash that stands for a secret in an inventory.")
@click.option("--new", is_flag=True, help="Make a secret up, and print it before its hash.")
def command(*, new: bool) -> int:
    r"""Print the line that stands for a password, an app's secret or a token in an inventory.

    The secret is read from the terminal without being shown, or from standard input, of which one
    line end is not part of it. It is never an argument: those are seen by everyone on the machine.

    \b
    Example:
      jobgate hash-secret
      jobgate hash-secret < token.txt
      jobgate hash-secret --new
    """
    secret = secrets.token_urlsafe(32) if new else _read()
    if new:
        click.echo(secret)
    cost = passwords.DRAWN if new else passwords.CHOSEN
    click.echo(passwords.line(secret, secrets.token_bytes(passwords.SALT), cost))
    return 0


def _read() -> str:
    if sys.stdin.isatty():
        prompt = click.prompt("Secret", hide_input=True, confirmation_prompt=True, err=True)
        return _usable(str(prompt))
    content = sys.stdin.buffer.read(passwords.LONGEST + 2)
    try:
        return _usable(content.decode().removesuffix("\n").removesuffix("\r"))
    except UnicodeDecodeError as error:
        raise click.UsageError("the secret is not UTF-8 text") from error


def _usable(secret: str) -> str:
    if not secret:
        raise click.UsageError("there is no secret on standard input")
    if len(secret.encode()) > passwords.LONGEST:
        raise click.UsageError(f"a secret has at most {passwords.LONGEST} bytes")
    if "\n" in secret:
        raise click.UsageError("a secret is one line")
    return secret
