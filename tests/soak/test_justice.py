"""The whole measurement of issue 6: five worlds with a thousand takeovers each. Some minutes on two cores."""

import pytest

from habeas.simulation.world.figures import Figures
from habeas.simulation.world.parameters import Parameters
from habeas.simulation.world.simulate import simulate

MISSED = {"of these by rule (a) alone", "p95 innocent lock, h"}
"""What docs/simulation.md says is not reached yet."""


@pytest.fixture(scope="module")
def figures() -> Figures:
    return simulate(Parameters(users=20_000, takeovers=1_000), (501, 502, 503, 504, 505))


@pytest.mark.soak
def test_the_targets_are_met_but_for_those_that_the_documentation_names(figures: Figures) -> None:
    assert {target.what for target in figures.targets if not target.is_met} == MISSED


@pytest.mark.soak
def test_no_promise_is_broken_in_any_world(figures: Figures) -> None:
    assert figures.guards["Habeas"].broken_where == ()
