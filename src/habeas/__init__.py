"""Habeas restricts accounts for reasons that can be shown, tells their holders why, and releases them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from habeas.gateway.gate import AsyncGate, Gate

__version__ = "0.1.0"
__all__ = ["AsyncGate", "Gate", "__version__"]


def __getattr__(name: str) -> Any:
    """The gate, imported when somebody asks for it: a command line starts without it."""
    if name not in ("AsyncGate", "Gate"):
        raise AttributeError(f"module `habeas` has no attribute `{name}`")
    from habeas.gateway import gate  # noqa: PLC0415 - see above

    return getattr(gate, name)
