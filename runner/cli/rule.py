"""`jobgate rule`: what a rule asks, why, and how to mend what breaks it."""

from __future__ import annotations

import click

from runner import mistakes, rulepages
from runner.report import plain


@click.command(short_help="Explain a rule: why it is one, and how to mend what breaks it.")
@click.argument("slug", required=False, metavar="[RULE]")
def command(slug: str | None) -> int:
    r"""Print the page of a rule, or list all rules with a sentence each.

    A finding ends with its rule in brackets.

    \b
    Example:
      jobgate rule
      jobgate rule strict-base64
    """
    pages = rulepages.pages()
    if slug is None:
        click.echo("".join(f"{each.slug}: {each.sentence}\n" for each in pages.values()), nl=False)
        return 0
    if slug not in pages:
        near = mistakes.nearest(slug, pages)
        hint = f"; did you mean {near}?" if near else "; `jobgate rule` lists them"
        raise click.UsageError(f"no rule is called {plain.line(slug)}{hint}")
    click.echo(plain.block(pages[slug].text), nl=False)
    return 0
