"""All benches by name, with the number of events that each takes by default."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from habeas.bench import campaigns, coins, decisions, gate, http, imports, names, places, reference, rules, stores


class Bench(Struct, frozen=True):
    """One measurement: how it is run, and how large it is by default."""

    run: Callable[[int], dict[str, Any]]
    size: int


BENCHES: dict[str, Bench] = {
    "decide": Bench(decisions.bench_decide, 20_000),
    "state": Bench(decisions.bench_state, 20_000),
    "verdict": Bench(decisions.bench_verdict, 2_000),
    "rules": Bench(rules.bench_rules, 5_000),
    "sqlite": Bench(stores.bench_sqlite, 20_000),
    "postgres": Bench(stores.bench_postgres, 20_000),
    "http": Bench(http.bench_http, 10_000),
    "campaigns": Bench(campaigns.bench_campaigns, 10_000),
    "import": Bench(imports.bench_import, 100_000),
    "countries": Bench(places.bench_countries, 20_000),
    "cities": Bench(places.bench_cities, 20_000),
    "tags": Bench(places.bench_tags, 20_000),
    "login": Bench(places.bench_login, 20_000),
    "names": Bench(names.bench_names, 20_000),
    "coins": Bench(coins.bench_coins, 200_000),
    "gate": Bench(gate.bench_gate, 10_000_000),
    "reference": Bench(reference.bench_reference, 20_000),
}
