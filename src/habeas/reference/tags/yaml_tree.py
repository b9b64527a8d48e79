"""YAML read for its texts alone: mappings, lists and scalars, every scalar the text that stands there.

So `0x12` stays an address, `NO` a country and `2022-08-13` a text, whatever YAML would make of them. Only what data files
need is read: no aliases (with which a kilobyte unfolds into gigabytes), no depth (at which PyYAML's C composer overflows its
stack), no key twice. Each mapping knows its line.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from habeas.domain.errors import BadInputError

DEPTH_MAX = 8
BYTES_MAX = 256 * 1024 * 1024
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Mapping(dict[str, Any]):
    """A mapping with the line on which it begins."""

    line: int = 0


def read_yaml(data: bytes, name: str) -> Any:
    """The one document of a file called `name`. Raises BadInputError with the line of what cannot be read."""
    if len(data) > BYTES_MAX:
        raise BadInputError(f"`{name}` is larger than {BYTES_MAX // 2**20} MiB; split it")
    try:
        return _Reader(name, yaml.parse(data, Loader=_LOADER)).document()
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        what = getattr(exc, "problem", None) or "is no text in UTF-8"
        raise BadInputError(f"`{name}`{where}: cannot be read as YAML: {what}; correct it or fetch it again") from None


class _Reader:
    def __init__(self, name: str, events: Iterator[yaml.Event]) -> None:
        self._name = name
        self._events = events

    def document(self) -> Any:
        next(self._events)  # the stream begins
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise BadInputError(f"`{self._name}` is empty; fetch it again")
        tree = self._node(next(self._events), 1)
        next(self._events)  # the document ends
        if not isinstance(next(self._events), yaml.StreamEndEvent):
            raise BadInputError(f"`{self._name}` holds several documents; give each a file of its own")
        return tree

    def _node(self, event: yaml.Event, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if isinstance(event, yaml.AliasEvent):
            raise self._refused(event, "an alias (`*name`) is not read; write the value out")
        if depth > DEPTH_MAX:
            raise self._refused(event, f"more than {DEPTH_MAX} levels inside each other are not read")
        if isinstance(event, yaml.SequenceStartEvent):
            nodes = []
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                nodes.append(self._node(event, depth + 1))
            return nodes
        return self._mapping(event, depth)

    def _mapping(self, start: yaml.Event, depth: int) -> Mapping:
        mapping = Mapping()
        mapping.line = _line(start)
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refused(event, "a key must be a text")
            if event.value in mapping:
                raise self._refused(event, f"`{event.value[:40]}` is there twice; leave one of them out")
            mapping[event.value] = self._node(next(self._events), depth + 1)
        return mapping

    def _refused(self, event: yaml.Event, why: str) -> BadInputError:
        return BadInputError(f"`{self._name}`, line {_line(event)}: {why}")


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None, "what was parsed knows where it stood"
    return event.start_mark.line + 1
