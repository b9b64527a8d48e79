"""The feed as server-sent events, from both ends."""

import pytest

from habeas.domain.capability import Level
from habeas.gate.messages import Fresh, Message, Snapshot
from habeas.gate.stream import EventReader, UnreadableFeedError, to_event
from tests.builders import HOUR, NOON

FRESH = Fresh("7-ab", NOON, HOUR, Level.HOLD)


def read(text: str) -> list[Message]:
    reader = EventReader()
    return [message for line in text.split("\n") for message in reader.line(line)]


def test_what_is_written_is_read_back() -> None:
    assert read((to_event(Snapshot()) + to_event(FRESH)).decode()) == [Snapshot(), FRESH]


def test_only_what_ends_a_piece_carries_a_cursor() -> None:
    assert b"id:" not in to_event(Snapshot())
    assert to_event(FRESH).startswith(b"id: 7-ab\n")


def test_an_event_is_read_when_its_empty_line_has_come() -> None:
    reader = EventReader()
    lines = to_event(FRESH).decode().rstrip("\n").split("\n")
    assert [message for line in lines for message in reader.line(line)] == []
    assert list(reader.line("")) == [FRESH]


def test_comments_other_fields_and_several_lines_of_data_are_read_as_the_standard_says() -> None:
    said = to_event(Snapshot()).decode()
    assert read(": still there\n\n" + "retry: 5\nevent: x\n" + said) == [Snapshot()]
    assert read('data: {"type":\ndata:"snapshot"}\n\n') == [Snapshot()]


@pytest.mark.parametrize("data", ["", "<html>", "{}", '{"type": "else"}', '{"type": "fresh"}', "[1]"])
def test_what_is_no_message_is_named(data: str) -> None:
    with pytest.raises(UnreadableFeedError, match="no message"):
        read(f"data: {data or 'x'}\n\n")
