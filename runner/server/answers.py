"""What the server says when it does not do what it was asked: code, number, sentence, mend.

The HTTP layer and the in-process platform turn a RefusalError each into its own shape.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Code(StrEnum):
    """The v4 names of refusals, as far as they are used here."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    NOT_FOUND = "NOT_FOUND"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"

    @property
    def http(self) -> int:
        """Return the HTTP status that goes with the name."""
        return {Code.NOT_FOUND: 404, Code.RESOURCE_EXHAUSTED: 429}.get(self, 400)


class Number(IntEnum):
    """The platform's seven-digit numbers, as far as they are used here."""

    ILLEGAL = 1241002
    UNSUPPORTED = 1241003
    SCOPE_TYPE = 1241005
    NOT_OFFERED = 1241011
    STARTED_TWICE = 1241015
    FIELD = 1241025
    SCOPE = 1243049
    NO_HOST = 1244001
    ACCOUNT = 1244003
    JOB = 1244006
    STEP = 1244007
    TOO_MANY_TARGETS = 1244022
    NO_TARGET = 1244028
    UNKNOWN_HOST = 1244030


class RefusalError(Exception):
    """A request that is refused as a whole: nothing was stored, nothing was changed."""

    def __init__(self, *, code: Code, number: int, message: str, mend: str) -> None:
        """Say what cannot be done (lower case, no full stop) and the imperative that mends it."""
        super().__init__(message)
        self.code = code
        self.number = number
        self.message = message
        self.mend = mend


def field(what: str, mend: str) -> RefusalError:
    """Return the refusal of a member of the request that is not as it must be."""
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=Number.FIELD,
        message=f"cannot accept the request: {what}",
        mend=mend,
    )


def not_offered(what: str, mend: str) -> RefusalError:
    """Return the refusal of what the platform does and this server does not do yet."""
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=Number.NOT_OFFERED,
        message=f"cannot accept the request: {what}: not available on this platform yet",
        mend=mend,
    )


def no_job(job: int) -> RefusalError:
    """Return the refusal of a job that there is not."""
    return RefusalError(
        code=Code.NOT_FOUND,
        number=Number.JOB,
        message=f"cannot find job {job}",
        mend="ask the platform that created it; its instance tells it from another",
    )


def no_step(step: int) -> RefusalError:
    """Return the refusal of a step that there is not."""
    return RefusalError(
        code=Code.NOT_FOUND,
        number=Number.STEP,
        message=f"cannot find step {step}",
        mend="name the step that the create answered",
    )


def no_host(host: str) -> RefusalError:
    """Return the refusal of a host that the job does not have."""
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=Number.NO_HOST,
        message=f"cannot find host {host} in the job",
        mend="name a host of the job as cloud:ip",
    )
