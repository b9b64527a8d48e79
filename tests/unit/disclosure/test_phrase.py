from habeas.disclosure.phrase import Variants, gaps, paragraph, say


def test_gaps_are_filled_with_words() -> None:
    assert say("It ends on {end}.", {"end": "Monday"}) == "It ends on Monday."


def test_the_plain_form_is_said_when_a_word_is_missing() -> None:
    assert (
        say(Variants("Your region is {country}.", "Your region is another one."), {}) == "Your region is another one."
    )


def test_nothing_is_said_when_a_word_is_missing_and_there_is_no_plain_form() -> None:
    assert say(Variants("It ends on {end}."), {}) is None


def test_a_word_with_braces_is_told_as_it_is() -> None:
    assert say("By {authority}.", {"authority": "{end}"}) == "By {end}."


def test_gaps_are_named() -> None:
    assert gaps("{this} instead of {that}") == {"this", "that"}


def test_a_paragraph_leaves_out_what_is_not_said() -> None:
    assert paragraph("One.", None, "", "Two.") == "One. Two."
