"""How hard hypothesis tries: `fast` by default, `thorough` with HABEAS_HYPOTHESIS=thorough (make soak).

Examples are drawn anew on each run; a failure prints a blob that draws its example again (`@reproduce_failure`), and is
tried first on the next run here.
"""

import os

from hypothesis import HealthCheck, settings

# The same examples every time, so that a change is judged by what it changed; `make soak` looks for new ones.
settings.register_profile("fast", max_examples=50, deadline=None, print_blob=True, derandomize=True)
settings.register_profile(
    "thorough",
    settings.get_profile("fast"),
    derandomize=False,
    max_examples=2_000,
    stateful_step_count=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HABEAS_HYPOTHESIS", "fast"))
