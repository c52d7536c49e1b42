"""The filters that turn text into text. Numbers and booleans are taken as the text they print."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from runner.template.arguments import REST, Parameters
from runner.template.bounds import TEXT, WIDTH, joined, text
from runner.template.faults import kind, too_much, wrong
from runner.template.operators import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Json
    from runner.template.arguments import Given, Plain


_CHARS = 100  # each of them is looked for at every place


def _upper(value: Json, _given: Given) -> Json:
    return text(value).upper()


def _lower(value: Json, _given: Given) -> Json:
    return text(value).lower()


def _title(value: Json, _given: Given) -> Json:
    words = re.split(r"([-\s({\[<]+)", text(value))
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def _capitalize(value: Json, _given: Given) -> Json:
    return text(value).capitalize()


def _string(value: Json, _given: Given) -> Json:
    return text(value)


def _trim(value: Json, given: Given) -> Json:
    chars = text(given["chars"]) if "chars" in given else None
    if chars is not None and len(chars) > _CHARS:
        raise too_much(f"|trim looks for more than {_CHARS} characters")
    return text(value).strip(chars)


def _replace(value: Json, given: Given) -> Json:
    source, old, new = text(value), text(given["old"]), text(given["new"])
    times = source.count(old)
    if "count" in given:
        times = max(0, min(times, whole(given["count"])))
    if len(source) + times * (len(new) - len(old)) > TEXT:
        raise too_much(f"|replace makes a text of more than {TEXT} characters")
    return source.replace(old, new, times)


def _split(value: Json, given: Given) -> Json:
    if "separator" not in given:
        return list(text(value).split())
    separator = text(given["separator"])
    if not separator:
        raise wrong("split at an empty text", mend="give |split a separator, or none for blanks")
    return list(text(value).split(separator))


def _center(value: Json, given: Given) -> Json:
    return text(value).center(_width(given.get("width", 80)))


def _indent(value: Json, given: Given) -> Json:
    width = given.get("width", 4)
    margin = width if isinstance(width, str) else " " * _width(width)
    _width(len(margin))
    lines = text(value).split("\n")
    if len(lines) * len(margin) > TEXT:
        raise too_much(f"|indent makes a text of more than {TEXT} characters")
    tail = [margin + line if line or given.get("blank") else line for line in lines[1:]]
    return "\n".join([margin + lines[0] if given.get("first") else lines[0], *tail])


def _width(value: Json) -> int:
    if whole(value) > WIDTH:
        raise too_much(f"a width is more than {WIDTH}")
    return max(whole(value), 0)


# One directive of |format: flags, a width, a precision, and the kind of what is put in. The last
# branch is a lone percent sign.
_DIRECTIVE = re.compile(r"%(?:%|[-+0 ]*([0-9]*)(?:\.([0-9]+))?([sdxX])|)")


def _format(value: Json, given: Given) -> Json:
    values = given[REST]
    left = list(values) if isinstance(values, list) else []

    def put(match: re.Match[str]) -> str:
        width, precision, sort = match.groups()
        if match.group() == "%%":
            return "%"
        if sort is None:
            raise wrong("format: only %s, %d, %x and %X are known", mend="write %% for a percent")
        for size in (width, precision or "0"):
            _width(int(f"0{size[:9]}"))
        if not left:
            raise wrong("format: there are more places than values", mend="give a value for each")
        item = left.pop(0)
        return match.group() % (text(item) if sort == "s" else whole(item))

    result = joined([_DIRECTIVE.sub(put, text(value))])
    if left:
        raise wrong("format: there are more values than places", mend="give a place for each")
    return result


def _int(value: Json, given: Given) -> Json:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?[0-9]{1,1000}\s*", value):
        return int(value)
    if "default" in given:
        return given["default"]
    mend = "give |int digits only, or a default: |int(0)"
    raise wrong(f"make a whole number of this {kind(value)}", mend=mend)


def _shquote(value: Json, _given: Given) -> Json:
    words = value if isinstance(value, list) else [value]
    return " ".join(shlex.quote(text(word)) for word in words)


FILTERS: Mapping[str, tuple[Plain, Parameters]] = {
    "capitalize": (_capitalize, Parameters()),
    "center": (_center, Parameters(("width",))),
    "format": (_format, Parameters((REST,))),
    "indent": (_indent, Parameters(("width", "first", "blank"))),
    "int": (_int, Parameters(("default",))),
    "lower": (_lower, Parameters()),
    "quote": (_shquote, Parameters()),
    "replace": (_replace, Parameters(("old", "new", "count"), 2)),
    "shquote": (_shquote, Parameters()),
    "split": (_split, Parameters(("separator",))),
    "string": (_string, Parameters()),
    "title": (_title, Parameters()),
    "trim": (_trim, Parameters(("chars",))),
    "upper": (_upper, Parameters()),
}
