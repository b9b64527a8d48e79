"""How hard hypothesis tries: `fast` by default, `thorough` with HABEAS_HYPOTHESIS=thorough (make soak).

Examples are drawn anew on each run; a failure prints a blob that draws its example again (`@reproduce_failure`), and is
tried first on the next run here.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("fast", max_examples=50, deadline=None, print_blob=True)
settings.register_profile(
    "thorough",
    settings.get_profile("fast"),
    max_examples=2_000,
    stateful_step_count=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HABEAS_HYPOTHESIS", "fast"))
