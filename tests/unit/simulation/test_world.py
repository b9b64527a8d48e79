"""The labelled world: reproducible, played through the real decision path, with promises that are really looked after."""

import ast
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import fields, replace

from habeas.domain.capability import Level
from habeas.playbook.load import read_playbook, shipped_playbook
from habeas.playbook.policy import Playbook
from habeas.simulation.world import checkers, report
from habeas.simulation.world.clusters import World
from habeas.simulation.world.deeds import FOREVER, Cluster, Deed, Intrusion, Plot, Trait, Who
from habeas.simulation.world.figures import estimate, quantile
from habeas.simulation.world.geography import Geography, NetworkKind, address
from habeas.simulation.world.guards import Answer, Limit, Reach
from habeas.simulation.world.habeas_guard import Direct, HabeasGuard, Served
from habeas.simulation.world.lists import world_lists
from habeas.simulation.world.parameters import Parameters
from habeas.simulation.world.published import PUBLISHED, PublishedGuard
from habeas.simulation.world.run import Record, play
from habeas.simulation.world.simulate import simulate
from habeas.simulation.world.tally import Tally
from habeas.store.memory import MemoryStore

ROOT = Path(__file__).resolve().parents[3]
SMALL = Parameters(users=70, takeovers=12, days=8, run_in_days=5, run_out_days=6)
EVENTFUL = Parameters(
    users=250,
    takeovers=0,
    days=20,
    trips=12.0,
    phone_lost_per_trip=0.3,
    name_alikes_share=0.3,
    signups_share=0.5,
    dusted_share_per_month=0.3,
    rival_reports_per_month=0.3,
    brigades_per_month=0.1,
)
"""A world in which everything that may happen to the innocent happens often."""


def played(parameters: Parameters, playbook: Playbook | None = None, seed: int = 5) -> tuple[Tally, list[Record]]:
    """A world against Habeas."""
    world = World(parameters, seed)
    guard = HabeasGuard(Direct(world.geography, world_lists(), playbook or shipped_playbook()))
    tally, records = Tally(), []
    for cluster in world:
        records.append(play(cluster, guard, parameters, seed))
        tally.add(records[-1], parameters)
    return tally, records


# --- the same again ---------------------------------------------------------------------------------------------------


def test_the_same_seeds_give_the_same_bytes_in_one_process_or_two() -> None:
    alone = simulate(SMALL, (1, 2), processes=1)
    shared = simulate(SMALL, (1, 2), processes=2)
    assert report.as_json(alone) == report.as_json(shared)
    assert report.tables(alone) == report.tables(shared)


def test_another_seed_is_another_world() -> None:
    assert [c.deeds for c in World(SMALL, 1)] != [c.deeds for c in World(SMALL, 2)]


def test_what_is_counted_is_the_same_through_the_real_intake_on_a_store() -> None:
    playbook, world = shipped_playbook(), World(SMALL, 3)
    served = Served(world.geography, world_lists(), playbook, MemoryStore)
    counted = []
    for engine in (Direct(world.geography, world_lists(), playbook), served):
        guard, tally = HabeasGuard(engine), Tally()
        for cluster in world:
            tally.add(play(cluster, guard, SMALL, 3), SMALL)
        counted.append(msgspec.json.encode(tally))
    served.close()
    assert counted[0] == counted[1]
    assert b"ACCOUNT_TAKEOVER" in counted[0]


# --- promises ---------------------------------------------------------------------------------------------------------


def test_no_promise_is_broken_where_everything_happens_to_the_innocent() -> None:
    tally, records = played(EVENTFUL)
    happened = {trait for record in records for traits in record.cluster.traits.values() for trait in traits}
    assert happened == set(Trait)
    assert tally.broken_where == []


def test_a_playbook_that_limits_for_a_name_alone_is_caught() -> None:
    text = shipped_playbook().text.decode()
    row = 'signal = "similar_name"\n'
    assert text.count(row) == 1
    planted = text.replace(row, row + 'place = [{ reason = "SANCTIONS_NEXUS" }]\n')
    tally, _ = played(EVENTFUL, read_playbook(planted.encode(), "planted"))
    assert tally.broken["spares_name_alikes"] > 0


def test_a_guard_that_bars_whoever_changes_a_sim_is_caught_at_the_lost_phone() -> None:
    class Barring(HabeasGuard):
        """Refuses every login after a SIM change."""

        def hear(self, deed: Deed) -> Answer:
            answer = super().hear(deed)
            self.swapped: set[str] = getattr(self, "swapped", set())
            if deed.type == "phone.sim_changed":
                self.swapped.add(deed.account)
            is_barred = deed.type == "login.succeeded" and deed.account in self.swapped
            return replace(answer, level=Level.DENY) if is_barred else answer

    world = World(EVENTFUL, 5)
    guard, tally = Barring(Direct(world.geography, world_lists(), shipped_playbook())), Tally()
    for cluster in world:
        tally.add(play(cluster, guard, EVENTFUL, 5), EVENTFUL)
    assert tally.broken["lets_owners_in"] > 0


def a_limit(**changes: object) -> Limit:
    """An automated hold of `u1` for a day."""
    values: dict[str, object] = {
        "id": "rs_1",
        "account": "u1",
        "reason": "ACCOUNT_TAKEOVER",
        "signal": "takeover_sequence",
        "kind": "OUTFLOW_HOLD",
        "reach": frozenset({Reach.OUTFLOW}),
        "begins": 10.0,
        "ends": 34.0,
    }
    return Limit(**(values | changes))  # type: ignore[arg-type]


def a_record(*limits: Limit, traits: tuple[Trait, ...] = (), plots: tuple[Plot, ...] = (), **more: object) -> Record:
    """What happened to `u1`."""
    cluster = Cluster(deeds=(), owners={"u1": "totp"}, opened={"u1": -100.0}, traits={"u1": traits}, plots=plots)
    return Record(cluster, limits={limit.id: limit for limit in limits}, **more)  # type: ignore[arg-type]


BROKEN = {
    "has_a_way_out": a_record(a_limit(is_looked_at=False)),
    "is_not_permanent": a_record(a_limit(kind="PERM_BAN", ends=FOREVER)),
    "lets_owners_in": a_record(traits=(Trait.PHONE_LOST,), barred_logins=["u1"]),
    "spares_name_alikes": a_record(a_limit(signal="similar_name", reason="SANCTIONS_NEXUS")),
    "spares_the_reported": a_record(a_limit(reason="SCAM_OFFENDER"), traits=(Trait.REPORTED,)),
    "spares_the_dusted": a_record(a_limit(reason="TAINTED_FUNDS"), traits=(Trait.DUSTED,)),
}


@pytest.mark.parametrize("name", checkers.CHECKERS)
def test_every_checker_catches_what_breaks_its_promise_and_passes_what_does_not(name: str) -> None:
    check = checkers.CHECKERS[name]
    assert list(check(BROKEN[name]))
    assert not list(check(a_record(a_limit(), traits=(Trait.NAME_ALIKE,))))


def test_dust_from_a_listed_wallet_may_be_set_aside_but_no_more_than_the_dust() -> None:
    aside = {"reason": "SANCTIONS_NEXUS", "reach": frozenset({Reach.AMOUNT}), "kind": "SANCTIONS_BLOCK"}
    check = checkers.spares_the_dusted
    assert not list(check(a_record(a_limit(**aside, held_usd=2.5), traits=(Trait.DUSTED,))))
    assert list(check(a_record(a_limit(**aside, held_usd=900.0), traits=(Trait.DUSTED,))))


# --- counting ---------------------------------------------------------------------------------------------------------

TAKEN_OVER = Plot(name="t", kind="takeover abroad, phished", account="u1", reasons=("ACCOUNT_TAKEOVER",), from_h=5.0)


@pytest.mark.row("A025")
def test_time_to_release_counts_the_locks_of_the_innocent_and_not_those_that_were_right() -> None:
    tally = Tally()
    for hours in (2.0, 20.0, 70.0):
        tally.add(a_record(a_limit(ends=10.0 + hours)), SMALL)
    tally.add(a_record(a_limit(ends=100.0), plots=(TAKEN_OVER,)), SMALL)
    tally.add(a_record(a_limit(reach=frozenset({Reach.STEP_UP}))), SMALL)
    assert sorted(tally.releases_h) == [2.0, 20.0, 70.0]
    assert (quantile(tally.releases_h, 0.5), quantile(tally.releases_h, 0.95)) == (20.0, 70.0)
    assert tally.reasons["ACCOUNT_TAKEOVER"].right == 1


def test_overlapping_locks_are_one_stretch_and_count_once() -> None:
    tally = Tally()
    tally.add(a_record(a_limit(), a_limit(id="rs_2", begins=20.0, ends=40.0)), SMALL)
    assert (tally.lock_h, tally.wrong_holds) == (30.0, 1)


def test_a_lock_that_nobody_ends_counts_until_the_world_ends() -> None:
    tally = Tally()
    tally.add(a_record(a_limit(ends=FOREVER)), SMALL)
    last = (SMALL.days + SMALL.run_out_days) * 24.0
    assert tally.releases_h == [last - 10.0]
    assert tally.lock_h == SMALL.days * 24.0 - 10.0


def test_an_intruder_who_is_out_before_he_tries_because_of_the_guard_is_caught_and_one_whom_the_owner_saw_is_not_counted() -> (
    None
):
    def outcome(until: float) -> tuple[int, int]:
        intrusion = Intrusion(
            plot="t",
            account="u1",
            passes_step_up=False,
            changed_factor=False,
            tries=1,
            retries_after_h=(1.0,),
            noticed_at=30.0,
            reads_notice_after_h=1.0,
        )
        record = a_record(plots=(TAKEN_OVER,), until={"t": until})
        record.cluster = replace(record.cluster, intrusions=(intrusion,))
        tally = Tally()
        tally.add(record, SMALL)
        found = tally.plots[TAKEN_OVER.kind]
        return found.tried, found.caught

    assert outcome(until=12.0) == (1, 1)
    assert outcome(until=30.0) == (0, 0)


def test_an_interval_over_seeds_is_students() -> None:
    found = estimate([1.0, 2.0, 3.0])
    assert (found.mean, round(found.high - found.mean, 3)) == (2.0, 2.484)
    assert estimate([4.0]).low == 4.0


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile([], 0.5) is None


# --- the rules beside Habeas ------------------------------------------------------------------------------------------


def logins(*steps: tuple[float, str, NetworkKind]) -> list[bool]:
    """Which published rules lock after logins at hours, in cities."""
    geography = Geography(Parameters(place_disagrees_share=0.0, place_wrong_share=0.0, exit_untagged_share=0.0), 1)
    found = []
    for rule in PUBLISHED:
        guard = PublishedGuard(rule, geography)
        guard.enter(Cluster(deeds=(), owners={}, opened={}))
        locked = False
        for at, city, kind in steps:
            ip = address(geography.networks(kind, city)[0], 7)
            locked = bool(guard.hear(Deed(at, "u1", "login.succeeded", {"ip": ip, "device": "d"})).limits)
        found.append(locked)
    return found


HOME, VPN = NetworkKind.FIXED, NetworkKind.EXIT


@pytest.mark.parametrize(
    ("steps", "locks"),
    [
        (((0.0, "London", HOME), (1.0, "Tokyo", HOME)), [True, True, True]),
        (((0.0, "London", HOME), (2.0, "Tokyo", HOME)), [True, False, True]),
        (((0.0, "London", HOME), (12.0, "Tokyo", HOME)), [False, False, False]),
        (((0.0, "London", HOME), (1.0, "Tokyo", VPN)), [True, True, False]),
    ],
)
def test_the_published_rules_lock_as_they_say(
    steps: tuple[tuple[float, str, NetworkKind], ...], locks: list[bool]
) -> None:
    assert logins(*steps) == locks


def test_a_published_lock_holds_what_is_to_leave_for_a_day() -> None:
    geography = Geography(Parameters(place_disagrees_share=0.0, place_wrong_share=0.0), 1)
    guard = PublishedGuard(PUBLISHED[0], geography)
    guard.enter(Cluster(deeds=(), owners={}, opened={}))
    for at, city in ((0.0, "London"), (1.0, "Tokyo")):
        guard.hear(Deed(at, "u1", "login.succeeded", {"ip": address(geography.networks(HOME, city)[0], 1)}))
    levels = [guard.hear(Deed(at, "u1", "withdrawal.requested", {}, usd=5.0)).level for at in (1.5, 24.9, 25.1)]
    assert levels == [Level.HOLD, Level.HOLD, Level.ALLOW]


# --- the world itself -------------------------------------------------------------------------------------------------


def test_databases_err_as_often_as_the_parameters_say() -> None:
    p = Parameters()
    found = [place for seed in range(3) for place in Geography(p, seed)._recorded]
    disagreeing = sum(bool(place.disagrees_with) for place in found) / len(found)
    assert abs(disagreeing - p.place_disagrees_share) < 0.01


def test_nobody_does_anything_before_the_account_is_there() -> None:
    for cluster in World(SMALL, 4):
        for deed in cluster.deeds:
            if deed.account in cluster.opened:
                assert deed.at >= cluster.opened[deed.account]


def test_every_attempt_belongs_to_a_plot_that_is_at_stake() -> None:
    for cluster in World(SMALL, 4):
        at_stake = {plot.name for plot in cluster.plots if plot.stake_usd > 0}
        assert {deed.plot for deed in cluster.deeds if deed.plot} == at_stake
        assert all(deed.usd > 0 for deed in cluster.deeds if deed.plot)
        assert all(deed.plot for deed in cluster.deeds if deed.who is Who.INTRUDER and deed.usd)


def test_the_world_knows_nothing_of_detectors_and_of_the_playbook() -> None:
    folder = ROOT / "src" / "habeas" / "simulation" / "world"
    under_test = {"habeas_guard.py", "simulate.py"}  # They put Habeas itself under test.
    for path in folder.glob("*.py"):
        imported = {
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
        }
        banned = (
            ("habeas.detection",)
            if path.name in under_test
            else ("habeas.detection", "habeas.playbook", "habeas.decision")
        )
        assert not [name for name in imported if name.startswith(banned)], path.name


def test_every_parameter_is_documented_with_its_value() -> None:
    text = (ROOT / "docs" / "simulation.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip().strip("`"): line for line in text.splitlines() if line.startswith("| `")}
    for field in fields(Parameters):
        assert field.name in rows, f"docs/simulation.md says nothing of `{field.name}`"
        value = field.default
        said = ", ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value:g}"
        assert rows[field.name].split("|")[2].strip() == said, field.name


def test_more_takeovers_than_users_are_refused() -> None:
    with pytest.raises(ValueError, match="need as many users"):
        Parameters(users=5, takeovers=6)
