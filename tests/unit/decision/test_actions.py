"""What the exchange must do is asked for until it says that it is done."""

from habeas.domain.decision import Topic
from tests.stories import Story


def asked(story: Story) -> int:
    return sum(message.topic is Topic.ACTION for decision in story.decisions for message in decision.messages)


def a_story() -> Story:
    story = Story()
    story.placed_by_staff("SCAM_OFFENDER")
    assert [action.action for action in story.state.actions] == ["recall_withdrawals", "cancel_risk_orders"]
    return story


def test_what_was_acknowledged_is_not_asked_for_again() -> None:
    story = a_story()
    for action in story.state.actions:
        story.event("action.done", "1m", action=action.action, request=action.request)
    assert story.state.actions == ()
    story.wait("1h")
    assert (asked(story), story.pages) == (2, 0)


def test_what_was_not_is_asked_for_again_and_then_a_person_is_called_once() -> None:
    story = a_story()
    first, second = story.state.actions
    story.event("action.done", "1m", action=second.action, request=second.request)
    story.wait("15m")
    assert (asked(story), story.pages) == (3, 0)
    assert [action.request for action in story.state.actions] == [first.request]
    story.wait("1h")
    assert (asked(story), story.pages) == (5, 1)
    assert story.state.actions == ()
    story.wait("2d")
    assert asked(story) == 5
