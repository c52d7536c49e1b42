"""Everything that can happen to one job between several runners: it starts once, and it ends."""

from __future__ import annotations

import pytest

from tests import oncemodel
from tests.once import Fence, Stage
from tests.oncemodel import Model

pytestmark = pytest.mark.stories


@pytest.fixture(scope="module")
def stage() -> Stage:
    """Return a branch that stands still, and the journal as it is."""
    return Stage()


@pytest.mark.parametrize(
    ("runners", "faults", "deaths", "least"), [(2, 2, 1, 30_000), (3, 0, 0, 80_000)]
)
def test_whatever_happens(stage: Stage, runners: int, faults: int, deaths: int, least: int) -> None:
    """One start a key, of the one id that was created; and whoever applies again ends it."""
    model = Model(stage=stage, runners=runners, faults=faults, deaths=deaths)

    assert model.explored() > least
    assert model.most_made == runners + faults
    assert model.ends == {"succeeded"}


def test_while_the_branch_moves() -> None:
    """The next key is intended when the one before has ended, and nothing of that one starts."""
    model = Model(stage=Stage(moves=True), runners=2, faults=0, deaths=0, leads=True)

    assert model.explored() > 3_000
    assert model.ends == {"succeeded", "withdrawn"}


@pytest.mark.parametrize("fence", [Fence.GONE, Fence.UNREAD])
def test_without_the_fence(fence: Fence) -> None:
    """Two runners start two jobs of one key: the fence is what keeps them from it."""
    stage = Stage(fence=fence)
    for blind, fault in ((False, "created"), (True, "a second job of one key is started")):
        model = Model(stage=stage, runners=2, faults=0, deaths=0, blind=blind, leads=True)
        with pytest.raises(oncemodel.FoundError, match=fault) as found:
            model.explored()
        assert found.value.way[-1] == found.value.fault
