"""Secrets as the pipeline deals with them: what is fetched when, what is shown, what is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner import canon, secretparts
from runner.errors import CheckError, RepositoryError
from runner.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.model import Draft, Had, Job, Json, Policy
    from runner.pipeline.ports import Secrets
    from runner.pipeline.world import World

# What these entries tell is in a platform's words, which may repeat what it was sent.
_TOLD = frozenset({Kind.ENDED, Kind.REFUSED, Kind.UNKNOWN, Kind.STEERED, Kind.SETTLED})


class Unfetched:
    """The secrets of a rehearsal: they stay names, and no source is asked."""

    def named(self, policy: Policy) -> None:
        """Take in nothing."""
        del policy

    def filled(self, job: Job, policy: Policy) -> dict[str, Json]:
        """Return the body of a job as it is, secrets by name."""
        del policy
        return job.body

    def fetched(
        self, names: Iterable[str], platform: str, path: str, policy: Policy
    ) -> Mapping[str, str]:
        """Return nothing."""
        del names, platform, path, policy
        return {}

    def hidden(self, text: str) -> str:
        """Return the text: there is nothing to hide."""
        return text

    def finds(self, content: bytes) -> bool:
        """Tell that there is nothing to find."""
        del content
        return False


def opened(world: World, had: Had, policy: Policy, *, redact: bool) -> None:
    """Make sure that what the hosts of a job printed may be shown, or raise CheckError.

    A script may print what it was given. With `redact` the values are fetched, so that they can be
    taken out; raise PlatformError where they cannot be had.
    """
    names = secretparts.names(had.body)
    if names and not redact:
        raise CheckError(
            f"cannot show what {had.job} printed: it was given secrets ({', '.join(names)}), "
            "which this process does not know and so could not hide",
            mend=f"look at it on the platform, or run `jobgate logs {had.job} --redact` where "
            "their sources are within reach",
        )
    if names:
        world.secrets.fetched(names, had.job.split("/", 1)[0], had.path, policy)


def without_values(secrets: Secrets, draft: Draft) -> Draft:
    """Return a draft of a journal entry without any value in the words of a platform.

    Raise RepositoryError where one stands elsewhere in it.
    """
    data = {name: _hidden(secrets, value) for name, value in draft.data.items()}
    kept = replace(draft, data=data) if draft.kind in _TOLD else draft
    if secrets.finds(canon.encode(dict(kept.data))):
        raise RepositoryError(
            f"cannot write to the journal: the entry `{kept.kind.value}` of {kept.job} would hold "
            "the value of a secret",
            mend="if the value stands in a spec, take it out there, and change it at its source; "
            "otherwise report a bug in jobgate",
        )
    return kept


def _hidden(secrets: Secrets, value: Json) -> Json:
    if isinstance(value, str):
        return secrets.hidden(value)
    if isinstance(value, dict):
        return {name: _hidden(secrets, each) for name, each in value.items()}
    return [_hidden(secrets, each) for each in value] if isinstance(value, list) else value
