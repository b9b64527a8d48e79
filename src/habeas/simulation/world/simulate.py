"""Several worlds, each played against all guards: two processes share the seeds, and the result does not depend on which."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from queue import Empty
from typing import Any

from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import Playbook
from habeas.simulation.world.clusters import World
from habeas.simulation.world.figures import Figures, figures
from habeas.simulation.world.guards import Closed, Guard, Open
from habeas.simulation.world.habeas_guard import Direct, HabeasGuard
from habeas.simulation.world.lists import world_lists
from habeas.simulation.world.parameters import Parameters
from habeas.simulation.world.published import PUBLISHED, PublishedGuard
from habeas.simulation.world.run import play
from habeas.simulation.world.tally import Tally

Progress = Callable[[int], None]
STEP = 100


def guards_of(world: World, playbook: Playbook) -> tuple[Guard, ...]:
    """Habeas, three published rules, and the two extremes."""
    engine = Direct(world.geography, world_lists(), playbook)
    rules = (PublishedGuard(rule, world.geography) for rule in PUBLISHED)
    return HabeasGuard(engine), *rules, Closed(), Open()


def measure(
    parameters: Parameters, seed: int, progress: Progress = lambda _more: None, playbook: Playbook | None = None
) -> dict[str, Tally]:
    """One world against all guards. `progress` is told how many clusters more are done."""
    world = World(parameters, seed)
    guards = guards_of(world, playbook or shipped_playbook())
    tallies = {guard.name: Tally() for guard in guards}
    done = 0
    for cluster in world:
        for guard in guards:
            tallies[guard.name].add(play(cluster, guard, parameters, seed), parameters)
        done += 1
        if done % STEP == 0:
            progress(STEP)
    progress(done % STEP)
    return tallies


def clusters(parameters: Parameters, seeds: Sequence[int]) -> int:
    """How many clusters there are in all worlds: what progress counts to."""
    return sum(len(World(parameters, seed)) for seed in seeds)


def simulate(
    parameters: Parameters, seeds: Sequence[int], progress: Progress = lambda _more: None, processes: int = 2
) -> Figures:
    """All seeds, in as many processes as are asked for."""
    if processes <= 1 or len(seeds) == 1:
        return figures(parameters, seeds, [measure(parameters, seed, progress) for seed in seeds])
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager:
        told: Any = manager.Queue()
        with ProcessPoolExecutor(min(processes, len(seeds)), mp_context=spawn) as pool:
            futures = [pool.submit(_measured, parameters, seed, told) for seed in seeds]
            while not all(future.done() for future in futures):
                _pass_on(told, progress, wait_s=0.5)
            _pass_on(told, progress, wait_s=0.0)
            return figures(parameters, seeds, [future.result() for future in futures])


def _measured(parameters: Parameters, seed: int, told: Any) -> dict[str, Tally]:
    return measure(parameters, seed, told.put)


def _pass_on(told: Any, progress: Progress, wait_s: float) -> None:
    try:
        progress(told.get(timeout=wait_s) if wait_s else told.get_nowait())
        while True:
            progress(told.get_nowait())
    except Empty:
        pass
