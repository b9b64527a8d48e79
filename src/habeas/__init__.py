"""Habeas restricts accounts for reasons that can be shown, tells their holders why, and releases them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from habeas.domain.capability import Capability, Level
    from habeas.domain.verdict import Verdict
    from habeas.gateway.gate import AsyncGate, Gate

__version__ = "0.1.0"
__all__ = ["AsyncGate", "Capability", "Gate", "Level", "Verdict", "__version__"]

_OFFERED = {
    "AsyncGate": "habeas.gateway.gate",
    "Capability": "habeas.domain.capability",
    "Gate": "habeas.gateway.gate",
    "Level": "habeas.domain.capability",
    "Verdict": "habeas.domain.verdict",
}


def __getattr__(name: str) -> Any:
    """What is offered to other programs, imported when one asks for it: a command line starts without the gate."""
    if name not in _OFFERED:
        raise AttributeError(f"module `habeas` has no attribute `{name}`")
    return getattr(import_module(_OFFERED[name]), name)
