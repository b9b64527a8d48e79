"""Whatever bytes come in, `read_event` answers with an event or with one sentence; it never raises anything else."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from habeas.domain.errors import EventRejectedError
from habeas.domain.event import EVENT_TYPES, Event, read_event
from tests.properties.canary import catches

VALID: dict[str, Any] = {
    "specversion": "1.0",
    "id": "ev-1",
    "source": "urn:exchange",
    "type": "withdrawal.requested",
    "subject": "acct-1",
    "time": "2026-03-02T12:00:00Z",
    "data": {"asset": "BTC", "amount": "1", "usd": "1", "address": "bc1q", "ip": "203.0.113.7", "device": "d"},
}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**63, max_value=2**80)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["NaN", "-1", "1e400", "1e-400", "2026-03-02T12:00:00", "0001-01-01T00:00:00+14:00", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid event with some fields replaced, dropped or added, and perhaps some bytes flipped."""
    data: dict[str, Any] = dict(VALID["data"])
    envelope: dict[str, Any] = VALID | {"type": draw(st.sampled_from(sorted(EVENT_TYPES)))}
    for part in (data, envelope):
        for _ in range(draw(st.integers(0, 2))):
            name = draw(st.sampled_from([*part, "at", "known_since", "restriction", "what", "nationalities"]))
            part[name] = draw(json_values)
        if draw(st.integers(0, 4)) == 0:
            part.pop(draw(st.sampled_from(sorted(part))))
    if draw(st.integers(0, 4)) > 0:
        envelope["data"] = data
    line = bytearray(json.dumps(envelope).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 2))):
        line[draw(st.integers(0, len(line) - 1))] = draw(st.integers(0, 255))
    return bytes(line)


def answers(line: bytes) -> Event | None:
    """The event, or None where the line is refused in one sentence. Everything else fails the test."""
    try:
        event = read_event(line)
    except EventRejectedError as exc:
        said = str(exc)
        assert said.strip() == said != ""
        assert "\n" not in said
        assert "Struct" not in said
        assert len(said) < 600
        return None
    return event


@given(st.binary(max_size=400))
@example(b"")
@example(b"{}")
def test_random_bytes_are_refused(line: bytes) -> None:
    assert answers(line) is None


@settings(max_examples=200)
@given(mutated())
def test_mutated_events_are_read_or_refused(line: bytes) -> None:
    event = answers(line)
    if event is not None:
        assert event.type in EVENT_TYPES
        assert event.time.tzinfo is not None


@given(st.dictionaries(st.text(max_size=10), json_values, max_size=5).filter(lambda d: "ip" not in d))
def test_extra_fields_are_read_or_refused_and_never_fail(extra: dict[str, Any]) -> None:
    answers(json.dumps(VALID | {"data": VALID["data"] | extra}).encode("utf-8", "surrogatepass"))


@given(st.permutations(sorted(VALID)), st.permutations(sorted(VALID["data"])), st.sampled_from([None, 1, 4]))
def test_the_digest_is_that_of_the_content(outer: list[str], inner: list[str], indent: int | None) -> None:
    shuffled = {name: VALID[name] for name in outer} | {"data": {name: VALID["data"][name] for name in inner}}
    said = read_event(json.dumps(shuffled, indent=indent).encode())
    assert said.digest == read_event(json.dumps(VALID).encode()).digest


def test_the_check_catches_a_reader_that_lets_an_error_through() -> None:
    def careless(line: bytes) -> None:
        try:
            json.loads(line)
        except ValueError as exc:
            raise AssertionError("not refused") from exc

    assert catches(careless, mutated())
