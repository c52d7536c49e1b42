"""What the server says when it does not do what it was asked: code, number, sentence, mend.

The HTTP layer and the in-process platform turn a RefusalError each into its own shape.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from runner.model import Json

    Point: TypeAlias = tuple[int, int]  # how far a job has got: its batch and its execute count


class Code(StrEnum):
    """The v4 names of refusals, as the platform sends them; UNAVAILABLE is this server's own."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    NO_PERMISSION = "NO_PERMISSION"
    NOT_FOUND = "NOT_FOUND"
    NOT_ACCEPTABLE = "MEDIA_TYPE_NOT_ACCEPTABLE"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    UNSUPPORTED_MEDIA_TYPE = "Unsupported Media Type"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"

    @property
    def http(self) -> int:
        """Return the HTTP status that goes with the name."""
        return _STATUSES.get(self, 400)


_STATUSES: Mapping[Code, int] = MappingProxyType(
    {
        Code.UNAUTHENTICATED: 401,
        Code.NO_PERMISSION: 403,
        Code.NOT_FOUND: 404,
        Code.NOT_ACCEPTABLE: 406,
        Code.ALREADY_EXISTS: 409,
        Code.UNSUPPORTED_MEDIA_TYPE: 415,
        Code.RESOURCE_EXHAUSTED: 429,
        Code.INTERNAL: 500,
        Code.UNAVAILABLE: 503,
    }
)


class Number(IntEnum):
    """The platform's seven-digit numbers, as far as they are of use here."""

    INTERNAL = 1240002
    BAD_REQUEST = 1240003
    ILLEGAL = 1241002
    UNSUPPORTED = 1241003
    MISSING = 1241004
    SCOPE_TYPE = 1241005
    ILLEGAL_REASON = 1241007
    NOT_OFFERED = 1241011
    ILLEGAL_TOGETHER = 1241012
    STARTED_TWICE = 1241015
    METHOD = 1241017
    WRONG_TYPE = 1241020
    BODY = 1241022
    NO_ROUTE = 1241024
    FIELD = 1241025
    SCRIPT = 1243001
    SCOPE = 1243049
    NO_HOST = 1244001
    FOREIGN_HOST = 1244002
    ACCOUNT = 1244003
    JOB = 1244006
    STEP = 1244007
    SCRIPT_STATUS = 1244018
    DANGEROUS = 1244019
    TOO_MANY_TARGETS = 1244022
    NO_TARGET = 1244028
    UNKNOWN_HOST = 1244030
    CALLBACK = 1244036
    NO_USER = 1247002
    NO_APP = 1247004
    NO_PERMISSION = 9900403


class RefusalError(Exception):
    """A request that is refused as a whole: nothing was stored, nothing was changed."""

    def __init__(
        self, *, code: Code, number: int, message: str, mend: str, data: Json = None
    ) -> None:
        """Say what cannot be done (lower case, no full stop) and the imperative that mends it.

        `data` is for machines: what a caller would have to be allowed.
        """
        super().__init__(message)
        self.code = code
        self.number = number
        self.message = message
        self.mend = mend
        self.data = data


def moved_on(seen: Point, now: Point) -> RefusalError:
    """Return the refusal of an order to a job that is not where it was when it was given."""
    return RefusalError(
        code=Code.FAILED_PRECONDITION,
        number=Number.UNSUPPORTED,
        message=(
            f"cannot do this any more: it was ordered for batch {seen[0]}, run {seen[1]}, and the "
            f"job is at batch {now[0]}, run {now[1]}"
        ),
        mend="look at how it stands now, and order anew what is still wanted",
    )


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


def no_place(job: int, position: int) -> RefusalError:
    """Return the refusal of a place in the order of a job's hosts that none of them has."""
    return RefusalError(
        code=Code.NOT_FOUND,
        number=Number.NO_HOST,
        message=f"cannot find host {position} of job {job}",
        mend="choose one on the job's page",
    )


def no_host(host: str) -> RefusalError:
    """Return the refusal of a host that the job does not have."""
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=Number.NO_HOST,
        message=f"cannot find host {host} in the job",
        mend="name a host of the job as cloud:ip",
    )
