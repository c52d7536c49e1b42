"""One difference between two policies in words, and whether it asks less than before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

Way: TypeAlias = Literal["looser", "unclear", "tighter", "neither"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One sentence about a new policy: `looser` where somebody may do what they could not."""

    text: str
    way: Way


def said(text: str, way: Way = "neither") -> Shift:
    """Return a sentence."""
    return Shift(text=text, way=way)


def which(*, looser: bool, tighter: bool) -> Way:
    """Return the way of something that does one of both; `unclear` where it may do either."""
    if looser and tighter:
        return "unclear"
    return "looser" if looser else "tighter" if tighter else "neither"


def paired(
    old: Iterable[T], new: Iterable[T], name: Callable[[T], str]
) -> Iterator[tuple[str, T | None, T | None]]:
    """Yield each name with what has it on both sides; the second of a name with the second."""
    before, after = _numbered(old, name), _numbered(new, name)
    for key in before | after:
        yield key[0], before.get(key), after.get(key)


def changed(old: Iterable[str], new: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what came and what went, each once and in its order."""
    before, after = dict.fromkeys(old), dict.fromkeys(new)
    come = tuple(each for each in after if each not in before)
    return come, tuple(each for each in before if each not in after)


def listed(names: Iterable[str], joint: str = "and") -> str:
    """Return names as a sentence has them: `a, b and c`."""
    *others, last = tuple(names) or ("",)
    return f"{', '.join(others)} {joint} {last}" if others else last


def wider(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Tell whether globs may match what the old ones did not; without any they match all."""
    return bool(old) and not all(_covered(glob, old) for glob in new or ("**",))


def short(key: str) -> str:
    """Return a public key as people tell one from another: its kind, and how it ends."""
    kind, _, content = key.partition(" ")
    return f"{kind} …{content[-12:]}"


def instead(text: str, new: str, old: str, way: Way) -> Shift:
    """Return a sentence of what is one thing now, and was another."""
    return said(f"{text} {new} instead of {old}", way)


def _numbered(found: Iterable[T], name: Callable[[T], str]) -> dict[tuple[str, int], T]:
    seen: dict[str, int] = {}
    numbered: dict[tuple[str, int], T] = {}
    for each in found:
        key = name(each)
        seen[key] = seen.get(key, 0) + 1
        numbered[key, seen[key]] = each
    return numbered


def _covered(glob: str, globs: Iterable[str]) -> bool:
    """Tell whether it is plain that one of `globs` matches whatever `glob` does."""
    return any(
        each in {glob, "**"} or (each.endswith("/**") and _below(glob, each)) for each in globs
    )


def _below(glob: str, folder: str) -> bool:
    plain = folder.removesuffix("**")
    return "*" not in plain and "?" not in plain and glob.startswith(plain)
