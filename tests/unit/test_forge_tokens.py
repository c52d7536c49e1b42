"""The token: out of the variable that the policy names, and out of everything else."""

from __future__ import annotations

import pytest

from runner.errors import ForgeError
from runner.forges.tokens import Token
from runner.terms import ForgeEntry

VARIABLE = "FORGE_TOKEN"
ENTRY = ForgeEntry(
    name="github", url="https://api.github.com", repository="acme/ops", token=VARIABLE
)
KINDS = ["ghp_" + "a1" * 18, "ghs_" + "b2" * 18, "github_pat_" + "c3" * 40, "v1.0123456789abcdef"]


@pytest.mark.parametrize("word", KINDS)
def test_a_token(word: str) -> None:
    """Of whatever kind, it is kept from coming out before it is used; line ends are no part."""
    kept: list[str] = []
    token = Token(ENTRY, {VARIABLE: f"{word}\n"}, kept.append)

    assert kept == []
    assert token.value == token.value == word
    assert kept == [word]


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ({}, "holds nothing"),
        ({VARIABLE: " \n"}, "holds nothing"),
        ({VARIABLE: "short"}, "holds what is no token"),
        ({VARIABLE: "two words of it"}, "holds what is no token"),
        ({VARIABLE: "a" * 20 + "\nX-Header: 1"}, "holds what is no token"),
        ({VARIABLE: "é" * 20}, "holds what is no token"),
        ({VARIABLE: "x" * 4097}, "holds what is no token"),
    ],
)
def test_no_token(environment: dict[str, str], fault: str) -> None:
    """The error names the variable, and never what is in it; no header is broken."""
    kept: list[str] = []
    with pytest.raises(ForgeError) as raised:
        _ = Token(ENTRY, environment, kept.append).value

    assert raised.value.message == f"cannot ask github: the variable FORGE_TOKEN {fault}"
    assert "acme/ops" in raised.value.mend
    assert kept == []


def test_it_is_taken_out_of_texts() -> None:
    """As it is, and in JSON; it has no `repr`."""
    token = Token(ENTRY, {VARIABLE: KINDS[0]}, lambda _: None)

    assert token.hidden(f'bad "{KINDS[0]}"') == 'bad "******"'
    assert repr(token) == "Token()"
