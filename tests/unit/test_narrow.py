"""`narrow`: typed values out of a tree, with defaults for what is absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import narrow
from runner.model import Document, Json, Place, Span, pointer

if TYPE_CHECKING:
    from collections.abc import Callable

TREE: Json = {
    "map": {"deep": {"text": "x"}},
    "list": ["a", "b"],
    "number": 7,
    "flag": False,
    "null": None,
    "mixed": ["a", 1],
}


def test_values_are_found_at_their_path() -> None:
    """Each function returns the value of its type."""
    assert narrow.at(TREE, "map", "deep", "text") == "x"
    assert narrow.at(TREE) == TREE
    assert narrow.mapping(TREE, "map", "deep") == {"text": "x"}
    assert narrow.items(TREE, "list") == ["a", "b"]
    assert narrow.text(TREE, "map", "deep", "text") == "x"
    assert narrow.texts(TREE, "list") == ("a", "b")
    assert narrow.integer(TREE, "number", default=1) == 7
    assert narrow.boolean(TREE, "flag", default=True) is False


@pytest.mark.parametrize("path", [("none",), ("map", "none"), ("null",), ("number", "x")])
def test_what_is_absent_has_a_default(path: tuple[str, ...]) -> None:
    """A path that leads nowhere, or to null, yields what is empty, or the default."""
    assert narrow.at(TREE, *path) is None
    assert narrow.mapping(TREE, *path) == {}
    assert narrow.items(TREE, *path) == []
    assert narrow.text(TREE, *path) == ""
    assert narrow.texts(TREE, *path) == ()
    assert narrow.integer(TREE, *path, default=3) == 3
    assert narrow.boolean(TREE, *path, default=True) is True


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: narrow.mapping(TREE, "list"), "/list is not a mapping but list"),
        (lambda: narrow.items(TREE, "map", "deep"), "/map/deep is not a list but dict"),
        (lambda: narrow.text(TREE, "number"), "/number is not a string but int"),
        (lambda: narrow.texts(TREE, "mixed"), "/mixed/1 is not a string but int"),
        (lambda: narrow.integer(TREE, "flag", default=0), "/flag is not an integer but bool"),
        (lambda: narrow.integer(TREE, "list", default=0), "/list is not an integer but list"),
        (lambda: narrow.boolean(TREE, "number", default=True), "/number is not a boolean but int"),
        (lambda: narrow.text(["x"]), "the root is not a string but list"),
    ],
)
def test_another_shape_is_a_type_error(read: Callable[[], object], message: str) -> None:
    """A value of another type is a TypeError that says where and what."""
    with pytest.raises(TypeError) as caught:
        read()

    assert str(caught.value) == message


def test_pointer_escapes() -> None:
    """A JSON pointer writes `~` as `~0` and `/` as `~1`, and the root as nothing."""
    assert pointer(("a/b", 0, "~1", "")) == "/a~1b/0/~01/"
    assert pointer(()) == ""


def test_document_places() -> None:
    """A path stands at its own span, or at the nearest one above it; without any, at the start."""
    root, key, value = Span(1, 1, 9, 1), Span(2, 1, 2, 5), Span(2, 7, 2, 9)
    document = Document(
        file="a.yaml", tree=TREE, values={(): root, ("map",): value}, keys={("map",): key}
    )

    assert document.place(("map",)) == Place(file="a.yaml", pointer="/map", span=value)
    assert document.place(("map",), key=True) == Place(file="a.yaml", pointer="/map", span=key)
    assert document.place(("map", "x", 0)) == Place(file="a.yaml", pointer="/map/x/0", span=value)
    assert document.place(("list",)) == Place(file="a.yaml", pointer="/list", span=root)
    assert document.place(("list",), key=True) == Place(file="a.yaml", pointer="/list")
