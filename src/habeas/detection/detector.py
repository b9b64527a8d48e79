"""What a detector is: a row that names it, its version, what it listens to and what it can say."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from habeas.domain.account import AccountState
from habeas.domain.facts import EnrichedEvent
from habeas.domain.signal import Signal

Judge = Callable[[AccountState, EnrichedEvent, Any], Iterable[Signal]]


class Detector(Struct, frozen=True):
    """One row of the detector table.

    `version` changes with every change of what it says (row A032); `events` are the event types it judges; `typologies`
    all that it can signal; `params` the type of its section in the playbook, which `judge` is handed.
    """

    name: str
    version: int
    events: frozenset[str]
    typologies: frozenset[str]
    params: type[Struct]
    judge: Judge

    @property
    def label(self) -> str:
        """The name under which its signals and restrictions cite it, for example `travel/1`."""
        return f"{self.name}/{self.version}"
