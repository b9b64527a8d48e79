"""Planted bugs: a check that never fails shows nothing, so each is tried on something broken."""

import warnings
from collections.abc import Callable
from typing import Any

from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning, NoSuchExample

# The first example that fails is enough; nobody reads it, so it need not be shrunk.
_SEARCH = settings(max_examples=2_000, phases=(Phase.generate,), database=None, derandomize=True)


def catches(check: Callable[..., None], *strategies: st.SearchStrategy[Any]) -> bool:
    """Whether some drawn values make the check fail."""

    def fails(values: tuple[Any, ...]) -> bool:
        try:
            check(*values)
        except AssertionError:
            return True
        return False

    try:
        with warnings.catch_warnings():
            # What is found is not shrunk, and may be too long to be written out.
            warnings.simplefilter("ignore", HypothesisWarning)
            find(st.tuples(*strategies), fails, settings=_SEARCH)
    except NoSuchExample:
        return False
    return True
