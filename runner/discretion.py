"""What this process knows of secrets: values that it fetched, and how to keep them to itself.

A value is fetched once, when a job that may have it is about to be created. From that moment on it
is taken out of whatever leaves the process otherwise. Variables that hold a secret, or what a call
shows of itself, are taken out of the environment before anything is begun that would inherit them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner import clauses, redactor, secretgrants, secretparts
from runner.errors import PlatformError
from runner.secretparts import UnfitError
from runner.secretsources import Sources, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from runner.model import Job, Json, Policy, SecretSource
    from runner.redactor import Redactor

_POLICY = "jobgate.yaml"
_VARIABLE = re.compile(r"""\benv["']?\s*:\s*["']?([A-Za-z_][A-Za-z0-9_]*)""")
_FORGE = re.compile(r"""^["']?forge["']?\s*:""", re.MULTILINE)
_USUAL = "GITHUB_TOKEN"  # where the policy does not say which variable has it
_LARGEST = 1024 * 1024  # bytes of a policy that is looked through for names
_NEEDED = frozenset({"HOME", "PATH"})  # nothing runs without them


class Environment(Mapping[str, str]):
    """The variables of this process, those included that were taken out of its environment."""

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        """Take none out yet."""
        self._taken: dict[str, str] = {}

    def take(self, names: Iterable[str]) -> None:
        """Take variables out: no process that is begun from now on has them."""
        for name in set(names) - _NEEDED:
            value = os.environ.pop(name, None)
            if value is not None:
                self._taken[name] = value

    def give_back(self) -> None:
        """Put back what was taken out."""
        os.environ.update(self._taken)
        self._taken.clear()

    def __getitem__(self, name: str) -> str:
        """Return the value of a variable."""
        return self._taken[name] if name in self._taken else os.environ[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter({**os.environ, **self._taken})

    def __len__(self) -> int:
        """Return how many there are."""
        return len({**os.environ, **self._taken})

    def __repr__(self) -> str:
        """Return no value."""
        return "Environment()"


@dataclass(slots=True)
class Discretion:
    """The secrets of this process. `hide` is told what must be taken out of all output from now."""

    hide: Callable[[Redactor], None]
    environment: Environment = field(default_factory=Environment)
    _values: dict[SecretSource, str] = field(default_factory=dict, repr=False)
    _tokens: set[str] = field(default_factory=set, repr=False)
    _redactor: Redactor = field(default_factory=redactor.Redactor)

    def beginning(self, folder: Path) -> None:
        """Take out what the policy on disk says are secrets: that in force is read by git only."""
        for each in (folder.absolute(), *folder.absolute().parents):
            try:
                with (each / _POLICY).open("rb") as stream:
                    text = stream.read(_LARGEST).decode("utf-8", "replace")
            except OSError:
                continue
            self.environment.take(_VARIABLE.findall(text))
            self.environment.take([_USUAL] if _FORGE.search(text) else [])
            return

    def named(self, policy: Policy) -> None:
        """Take out the variables that `policy` says are secrets."""
        shown = (each for entry in policy.platforms for each in entry.credentials)
        self.environment.take(where for _, kind, where in shown if kind == "env")
        self.environment.take(each.source[0] for each in policy.secrets if each.kind == "env")
        self.environment.take([policy.forge.token] if policy.forge is not None else [])

    def filled(self, job: Job, policy: Policy) -> dict[str, Json]:
        """Return the body of a job with the values that it may have; fetch those not known yet."""
        names = secretparts.names(job.body)
        if not names:
            return job.body
        _check_address(job, policy)
        values = self.fetched(names, job.platform.name, job.path, policy)
        try:
            return secretparts.filled(job.body, values)
        except UnfitError as error:
            raise PlatformError(error.message, mend=error.mend) from None

    def fetched(
        self, names: Iterable[str], platform: str, path: str, policy: Policy
    ) -> Mapping[str, str]:
        """Return the values of secrets for a job of `path` on `platform`.

        Raise PlatformError where `policy` does not let it have one, or one is not to be had.
        """
        sources = {name: source(policy, name, platform, path) for name in names}
        missing = {each for each in sources.values() if each not in self._values}
        for each in sorted(missing, key=lambda found: found.name):
            self._values[each] = Sources(self.environment).value(each)
            self._hide()
        return Values({name: self._values[each] for name, each in sources.items()})

    def keep(self, token: str) -> None:
        """Let a token, which a call shows of itself, come out nowhere from now on."""
        self._tokens.add(token)
        self._hide()

    def hidden(self, text: str) -> str:
        """Return a text without any value that was fetched."""
        return self._redactor.text(text)

    def finds(self, content: bytes) -> bool:
        """Tell whether a value that was fetched stands in `content`, in any form."""
        return self._redactor.finds(content)

    def _hide(self) -> None:
        self._redactor = redactor.Redactor((*self._values.values(), *self._tokens))
        self.hide(self._redactor)


def source(policy: Policy, name: str, platform: str, path: str) -> SecretSource:
    """Return where `policy` says that a secret is, if it lets a job of `path` there have it."""
    found = next((each for each in policy.secrets if each.name == name), None)
    if found is None:
        raise PlatformError(
            f"cannot fetch the secret {name}: the policy in force names no source for it",
            mend=f"add secrets.{name} to jobgate.yaml, and have that approved",
        )
    if not secretgrants.allows(found, platform, path):
        raise PlatformError(
            f"cannot fetch the secret {name}: the policy in force does not give it to {path} "
            f"on {platform}",
            mend=f"add both to secrets.{name} in jobgate.yaml, and have that approved",
        )
    return found


def _check_address(job: Job, policy: Policy) -> None:
    """Raise PlatformError where the job's platform is not the one that the policy in force means.

    The name alone would let a change that nobody approved have the values sent elsewhere.
    """
    if not clauses.defines(policy, job.platform):
        raise PlatformError(
            f"cannot give secrets to {job.id}: {job.platform.name} is not defined like that in "
            "the policy in force",
            mend="have the change of jobgate.yaml approved and applied first",
        )
