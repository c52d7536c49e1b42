"""Unit tests of what this process knows of secrets, and of what the pipeline does with it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import requests, secretparts
from runner.discretion import Discretion
from runner.errors import PlatformError, RepositoryError
from runner.git import gitcall
from runner.model import Draft, Kind, PlatformEntry, Secret, SecretSource
from runner.pipeline import withholding
from runner.terms import ForgeEntry
from tests import repos, values

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Job, Json, Policy
    from runner.redactor import Redactor

VALUE, OTHER = "Corr3ct-Horse", "battery'staple"
VARIABLE = "UNIT_DB_PASSWORD"
SOURCE = SecretSource(
    name="db", kind="env", source=(VARIABLE,), platforms=("local",), paths=("specs/*.yaml",)
)
NOT_GIVEN = (
    "cannot fetch the secret db: the policy in force does not give it to specs/one.yaml on local"
)


class Kept:
    """A discretion, and what it said must be hidden."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.hidden: list[Redactor] = []
        self.discretion = Discretion(self.hidden.append)


def job(*names: str) -> Job:
    """Return a job whose arguments are these secrets."""
    wished = values.job(values.Wish(path="specs/one.yaml", platform=values.LOCAL))
    param = secretparts.arguments([(Secret(name),) for name in names])
    return replace(wished, body={**wished.body, **({"script_param": param} if names else {})})


def policy(*sources: SecretSource) -> Policy:
    """Return a policy with the platform `local` and these sources."""
    return replace(values.policy("ann"), platforms=(values.LOCAL,), secrets=sources)


def line(body: object) -> bytes:
    """Return the line of arguments in a body."""
    assert isinstance(body, dict)
    return requests.decode(str(body["script_param"])) or b""


# ---------------------------------------------------------------- the environment


def test_variables_of_secrets_are_inherited_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a secret's source and of a platform's credentials, as the policy in force names them."""
    monkeypatch.setenv(VARIABLE, VALUE)
    monkeypatch.setenv("UNIT_TOKEN", OTHER)
    monkeypatch.setenv("UNIT_PLAIN", "plain")
    kept = Kept().discretion
    repository = repos.make(tmp_path / "repository")
    repos.run(repository, "config", "alias.env", "!env")
    call = gitcall.Call(repository)
    far = replace(values.LOCAL, type="bkjob", credentials=(("bk_token", "env", "UNIT_TOKEN"),))
    kept.named(replace(policy(SOURCE), platforms=(far,)))

    inherited = call.out("env").decode()
    assert "UNIT_PLAIN=plain" in inherited
    for hidden in (VARIABLE, "UNIT_TOKEN", VALUE, OTHER):
        assert hidden not in inherited
    assert (kept.environment[VARIABLE], kept.environment["UNIT_TOKEN"]) == (VALUE, OTHER)
    assert {VARIABLE, "UNIT_PLAIN"} <= set(kept.environment)
    assert len(kept.environment) == len(os.environ) + 2
    assert VALUE not in repr(kept)
    kept.environment.give_back()
    assert os.environ[VARIABLE] == VALUE


@pytest.mark.parametrize(
    "said",
    [
        "secrets: {db: {env: UNIT_DB_PASSWORD, paths: ['**']}}",
        "secrets:\n  db:\n    env: UNIT_DB_PASSWORD\n",
        "secrets:\n  db:\n    'env' : \"UNIT_DB_PASSWORD\"\n",
        '{"secrets": {"db": {"env": "UNIT_DB_PASSWORD"}}}',
    ],
)
def test_the_first_git_does_not_inherit_them_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """The policy on disk, above or in the folder, is good enough to know names by."""
    monkeypatch.setenv(VARIABLE, VALUE)
    monkeypatch.setenv("UNIT_PLAIN", "plain")
    (tmp_path / "jobgate.yaml").write_text(said)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    kept = Kept().discretion
    kept.beginning(tmp_path / "deep" / "er")
    assert VARIABLE not in os.environ
    assert os.environ["UNIT_PLAIN"] == "plain"
    kept.environment.give_back()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("kind: Policy\nforge:\n  github: {repository: acme/ops}\n", False),
        ('"forge" : {"github": {}}\n', False),
        ("forge: {github: {token: {env: UNIT_TOKEN}}}\n", False),
        ("people: {forge: {emails: []}}\n", True),
    ],
)
def test_the_token_of_a_forge_is_taken_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, left: object
) -> None:
    """Also where the policy does not say which variable has it; then, and only there."""
    monkeypatch.setenv("GITHUB_TOKEN", VALUE)
    monkeypatch.setenv("UNIT_TOKEN", OTHER)
    (tmp_path / "jobgate.yaml").write_text(said)
    kept = Kept().discretion
    kept.beginning(tmp_path)
    taken = "UNIT_TOKEN" if "UNIT_TOKEN" in said else "GITHUB_TOKEN"

    assert (taken in os.environ) is left
    kept.environment.give_back()
    forge = ForgeEntry(name="github", url="", repository="acme/ops", token=taken)
    kept.named(replace(policy(), forge=forge))
    assert taken not in os.environ
    kept.environment.give_back()


def test_what_everything_needs_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PATH and HOME stay, whatever a policy says; without a policy everything does."""
    monkeypatch.setenv(VARIABLE, VALUE)
    before = dict(os.environ)
    Kept().discretion.beginning(tmp_path)
    (tmp_path / "jobgate.yaml").write_text("env: PATH\nenv: HOME\nenv: UNIT_NOT_SET\n")
    Kept().discretion.beginning(tmp_path)
    assert dict(os.environ) == before


# ---------------------------------------------------------------- values


def test_a_value_is_fetched_once_and_hidden_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second job gets the first's, though the source has another one by now."""
    monkeypatch.setenv(VARIABLE, VALUE)
    kept = Kept()
    discretion = kept.discretion
    assert discretion.hidden(VALUE) == VALUE
    assert line(discretion.filled(job("db"), policy(SOURCE))) == VALUE.encode()
    monkeypatch.setenv(VARIABLE, OTHER)
    assert line(discretion.filled(job("db"), policy(SOURCE))) == VALUE.encode()
    (known,) = kept.hidden
    assert known.text(f"<{VALUE}>") == discretion.hidden(f"<{VALUE}>") == "<******>"
    assert discretion.finds(VALUE.encode().hex().encode())
    assert not discretion.finds(OTHER.encode())
    assert VALUE not in repr(discretion)


def test_a_job_without_secrets_asks_for_none() -> None:
    """Its body is what it was, whatever the policy says."""
    kept = Kept()
    assert kept.discretion.filled(job(), policy(SOURCE)) == job().body
    assert kept.hidden == []


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ((), "cannot fetch the secret db: the policy in force names no source for it"),
        (
            (replace(SOURCE, paths=("specs/prod/**",)),),
            NOT_GIVEN,
        ),
        (
            (replace(SOURCE, platforms=("far",)),),
            NOT_GIVEN,
        ),
        (
            (replace(SOURCE, source=("UNIT_NOT_SET",)),),
            "cannot fetch the secret db: the variable UNIT_NOT_SET is not set",
        ),
    ],
)
def test_what_the_policy_does_not_give_is_not_fetched(
    monkeypatch: pytest.MonkeyPatch, sources: tuple[SecretSource, ...], said: str
) -> None:
    """A secret is bound to platforms and paths; the error asks nobody to submit again."""
    monkeypatch.setenv(VARIABLE, VALUE)
    kept = Kept()
    with pytest.raises(PlatformError) as caught:
        kept.discretion.filled(job("db"), policy(*sources))
    assert caught.value.message == said
    assert caught.value.exit_code == 9
    assert kept.hidden == []


REAL = PlatformEntry(
    name="local",
    type="bkjob",
    url="https://real",
    stage="prod",
    tenant="default",
    application="ci",
)


@pytest.mark.parametrize(
    "moved",
    [
        replace(REAL, type="embedded"),
        replace(REAL, url="https://other"),
        replace(REAL, stage="other"),
        replace(REAL, tenant="other"),
        replace(REAL, application="other"),
    ],
)
def test_a_platform_that_is_elsewhere_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, moved: PlatformEntry
) -> None:
    """A change of the policy that nobody approved yet must not lead the values away."""
    monkeypatch.setenv(VARIABLE, VALUE)
    kept = Kept()
    wanted = replace(job("db"), platform=moved)
    with pytest.raises(PlatformError, match="is not defined like that in the policy in force"):
        kept.discretion.filled(wanted, replace(policy(SOURCE), platforms=(REAL,)))
    assert kept.hidden == []
    route = replace(REAL, paths=("specs/one.yaml",))
    there = replace(job("db"), platform=route)
    assert kept.discretion.filled(there, replace(policy(SOURCE), platforms=(REAL,)))


def test_a_value_that_does_not_fit_its_place_is_no_findings_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing was submitted: 9, as where there is no value."""
    monkeypatch.setenv(VARIABLE, "[DATEFMT:yyyy-MM-dd]")
    with pytest.raises(PlatformError, match="cannot put in the secret db") as caught:
        Kept().discretion.filled(job("db"), policy(SOURCE))
    assert caught.value.exit_code == 9
    assert caught.value.__cause__ is None


# ---------------------------------------------------------------- what the pipeline writes


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Discretion:
    """Return a discretion that knows the value."""
    monkeypatch.setenv(VARIABLE, VALUE)
    made = Kept().discretion
    made.filled(job("db"), policy(SOURCE))
    return made


@pytest.mark.parametrize(
    "kind", [Kind.ENDED, Kind.REFUSED, Kind.UNKNOWN, Kind.STEERED, Kind.SETTLED]
)
def test_a_platforms_words_go_into_the_journal_without_values(
    known: Discretion, kind: Kind
) -> None:
    """At whatever depth they stand; all else is left."""
    said: dict[str, Json] = {
        "result": {"detail": f"no: {VALUE}", "hosts": 1, "all": [VALUE, True, None]}
    }
    kept = withholding.without_values(known, Draft(kind=kind, data=said))
    hidden: dict[str, Json] = {
        "result": {"detail": "no: ******", "hosts": 1, "all": ["******", True, None]}
    }
    assert kept == Draft(kind=kind, data=hidden)


def test_an_entry_that_would_hold_a_value_is_not_written(known: Discretion) -> None:
    """What jobgate itself says has no room for one; so somebody wrote it into a spec."""
    said = Draft(kind=Kind.INTENDED, job=job().id, data={"body": {"script_param": VALUE}})
    with pytest.raises(RepositoryError, match="would hold the value of a secret") as caught:
        withholding.without_values(known, said)
    assert VALUE not in f"{caught.value.message}{caught.value.mend}"
    fine = replace(said, data={"body": {"script_param": "plain"}})
    assert withholding.without_values(known, fine) is fine


def test_a_rehearsal_fetches_nothing() -> None:
    """Secrets stay names, and there is nothing to hide."""
    rehearsed = withholding.Unfetched()
    rehearsed.named(policy(SOURCE))
    assert rehearsed.filled(job("db"), policy(SOURCE)) == job("db").body
    assert rehearsed.fetched(["db"], "local", "specs/one.yaml", policy(SOURCE)) == {}
    assert rehearsed.hidden(VALUE) == VALUE
    assert not rehearsed.finds(VALUE.encode())
