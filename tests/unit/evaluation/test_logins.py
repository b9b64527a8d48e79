"""The measurement of the login score: its people, its attackers and its figures."""

from pathlib import Path
from statistics import fmean
from xml.etree import ElementTree as ET

import msgspec
import pytest

from habeas.detection.login_score import Params
from habeas.evaluation.login_world import COUNTRIES, DAY_S, Attacker, Person, Population, any_device
from habeas.evaluation.logins import HISTORY, LoginsEvaluation, asked_rates, evaluate_logins, play, threshold
from habeas.evaluation.report import logins_table, write_logins
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import DEFAULT_ENTITY
from habeas.service.login_traits import agent_of


def params() -> Params:
    found = shipped_playbook().policy(DEFAULT_ENTITY).detectors["login_score"]
    assert isinstance(found, Params)
    return found


@pytest.fixture(scope="module")
def figures() -> LoginsEvaluation:
    return evaluate_logins(params(), users=150, seed=3, seeds=2)


def test_so_many_of_the_attackers_are_asked_and_no_fewer() -> None:
    scores = [float(n) for n in range(1, 1001)]
    for rate, least in ((0.98, 21.0), (0.99, 11.0), (0.995, 6.0), (1.0, 1.0)):
        assert threshold(scores, rate) == least
        assert fmean(s >= least for s in scores) == rate
    assert threshold([1.0, 2.0, 3.0], 0.98) == 1.0


def test_the_first_login_is_always_asked() -> None:
    assert asked_rates([[0.0, 0.5, 2.0, 3.0]], 2.0) == [0.75]
    assert asked_rates([[9.0, 0.0, 0.0, 0.0]], 2.0) == [0.25]


def test_the_same_seed_draws_the_same_people_and_another_one_others() -> None:
    one, same, other = (play(Population.NATIONAL, 30, seed, params()) for seed in (1, 1, 2))
    assert (one.owners, one.attackers) == (same.owners, same.attackers)
    assert one.owners != other.owners
    assert {len(scores) for scores in one.owners} == {HISTORY}


@pytest.mark.parametrize("population", Population)
def test_strings_are_read_as_what_they_were_drawn_for(population: Population) -> None:
    person = Person(1, population, 1)
    types = {"windows": "computer", "mac": "computer", "linux": "computer", "android": "phone", "iphone": "phone"}
    for _ in range(300):
        device = any_device(person.draw, population)
        agent = agent_of(device.user_agent(50 * DAY_S))
        assert agent.device_type == types[device.system], device.user_agent(50 * DAY_S)
        assert agent.browser
        assert agent.system


def test_attackers_come_from_where_their_kind_comes_from() -> None:
    people = [Person(number, Population.NATIONAL, 1) for number in range(100)]
    for person in people:
        draw = person.draw
        assert person.attack(Attacker.VPN, 0.0, draw).country == person.country.code
        assert person.attack(Attacker.TARGETED, 0.0, draw).country == person.country.code
        hosts = {host.asn for host in COUNTRIES[person.country.code].hosts}
        assert person.attack(Attacker.VPN, 0.0, draw).asn in hosts
        assert person.attack(Attacker.TARGETED, 0.0, draw).asn not in hosts
    naive = {person.attack(Attacker.NAIVE, 0.0, person.draw).country for person in people}
    assert len(naive) > 5


def test_a_harder_attacker_costs_owners_more(figures: LoginsEvaluation) -> None:
    for population in Population:
        means = {p.attacker: p.mean for p in figures.points if p.population is population and p.asked_attackers == 0.98}
        assert means[Attacker.NAIVE] < means[Attacker.VPN] < means[Attacker.TARGETED]
    for earlier, later in zip(figures.points, figures.points[1:], strict=False):
        if (earlier.population, earlier.attacker) == (later.population, later.attacker):
            assert earlier.mean <= later.mean


def test_naive_attackers_cost_owners_no_more_than_published() -> None:
    found = evaluate_logins(params(), users=600, seed=1, seeds=2)
    naive = [p for p in found.points if (p.population, p.attacker) == (Population.NATIONAL, Attacker.NAIVE)]
    assert [(p.asked_attackers, p.meets_published) for p in naive] == [(0.98, True), (0.99, True), (0.995, True)]


def test_owners_are_seldom_asked_at_the_threshold_of_the_playbook(figures: LoginsEvaluation) -> None:
    for each in figures.at_threshold:
        assert each.owners < 0.04
        assert each.attackers[Attacker.NAIVE] > 0.7


def test_the_figures_are_written_as_table_plot_and_json(figures: LoginsEvaluation, tmp_path: Path) -> None:
    paths = write_logins(figures, tmp_path)
    assert [path.name for path in paths] == ["logins.json", "logins.md", "logins.svg"]
    assert msgspec.json.decode(paths[0].read_bytes(), type=LoginsEvaluation) == figures
    assert logins_table(figures).count("\n| national |") == 10
    drawn = ET.fromstring(paths[2].read_text())
    assert len(drawn.findall("{http://www.w3.org/2000/svg}rect")) == 1 + len(figures.points)
