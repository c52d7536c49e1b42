"""Texts that try to be more than text in Markdown: markup, links, mentions, what hides or moves."""

from __future__ import annotations

from hypothesis import strategies as st

# What they are made of, beside any character at all.
PIECES = (
    "\x1b[2J", "\r", "\n", "\t", "\u202e", "\u2066", "\u200b", "\u2028", "\x00",
    "`", "``", "```", "`" * 9, "`" * 80, "`" * 81, "`" * 256, "~~~", "~~", "|", "\\", "\\|",
    "</details>", "</code></summary>", "</sub>", "<!--", "-->", "<![CDATA[", "<?x", "<script>",
    "<img src=x>", "<a href='x'>", "&lt;", "&#96;", "&#x7c;", "[a](http://x)", "![a](http://x)",
    "[a]: http://x", "<http://x.example>", "http://x.example", "www.x.example", "a@x.example",
    "@everyone", "@acme/ops", "#12", "GH-12", "acme/ops#12", "a" * 40, ":tada:", "$x$", "$`x`$",
    "::error::", "* ", "# ", "> ", "    ", "---", "===", "1. ", "- [ ] ", "[^1]", " ", "word",
)  # fmt: skip
TEXTS = st.lists(
    st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"]), max_size=8
).map("".join)
