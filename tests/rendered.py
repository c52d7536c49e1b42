"""Markdown as a forge shows it: GitHub's own renderer, what is in its HTML, a page to look at."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options

STYLE = Path(__file__).parent / "browser" / "forge.css"
EXTENSIONS = ["table", "strikethrough", "autolink", "tagfilter"]
EMPTY = frozenset({"br"})  # elements that have no end
# As a comment is rendered (each line end is a break), and as a file is.
WAYS = (Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS, Options.CMARK_OPT_UNSAFE)
_DIFF = re.compile(r'(?<=<code class="language-diff">)[^<]*')
_KINDS = {"+": "added", "-": "taken", "@": "place"}


@dataclass
class Parsed(HTMLParser):
    """HTML as it was read: its elements in their order, and its text in code and outside of it."""

    elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin outside of every element."""
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element in."""
        self.elements.append((tag, tuple(attrs)))
        if tag == "code":
            self.codes.append("")
        if tag not in EMPTY:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element in that is written as one without an end."""
        assert tag in EMPTY
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Hold that what ends is what began last."""
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        """Take text in."""
        if "code" in self.opened:
            self.codes[-1] += data
        else:
            self.outside.append(data)

    def handle_comment(self, data: str) -> None:
        """Take a comment in."""
        self.comments.append(data.strip())

    def unknown_decl(self, data: str) -> None:
        """Hold that there is none."""
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        """Hold that there is none."""
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        """Hold that there is none."""
        raise AssertionError(data)


def html(markdown: str, way: int = WAYS[0]) -> str:
    """Return the HTML of Markdown, with the HTML that stands in it as it is.

    A forge takes out afterwards what it does not trust: nothing that it would may be there.
    """
    shown: str = cmarkgfm.markdown_to_html_with_extensions(
        markdown, options=way, extensions=EXTENSIONS
    )
    return shown


def parsed(markdown: str, way: int = WAYS[0]) -> Parsed:
    """Return the HTML of Markdown as it is read; all elements that it begins it ends, in order."""
    reader = Parsed()
    reader.feed(html(markdown, way))
    reader.close()
    assert reader.opened == []
    return reader


def page(markdown: str) -> str:
    """Return a page with Markdown in it, as a comment on a pull request stands there."""
    style = STYLE.read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A comment</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{style}</style></head><body><article class="comment">'
        f"<header>jobgate</header><div>{coloured(html(markdown))}</div></article></body></html>"
    )


def coloured(shown: str) -> str:
    """Return HTML with the lines of its diffs marked as forges do: by colour, beside the signs."""
    return _DIFF.sub(lambda found: "\n".join(map(_line, found[0].split("\n"))), shown)


def _line(line: str) -> str:
    kind = _KINDS.get(line[:1])
    return line if kind is None else f'<span class="{kind}">{line}</span>'
