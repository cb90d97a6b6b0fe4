"""The secret goes from the browser to a `Secret` as one message, and rests nowhere on the way."""

from __future__ import annotations

import pytest

from roots_nb.connections.secrets import Secret
from roots_nb.errors import InvalidInput
from roots_nb.widgets.secret_field import SecretField
from tests.widgets.front_end import SecretInput

CANARY = "canary-4711"


def refuse(problem: InvalidInput) -> None:
    raise problem


def test_field_asks_for_its_text_and_hands_it_over() -> None:
    """As a `Secret`; the browser has nothing left."""
    field, answers = SecretField(label="API token"), []
    browser = SecretInput(field, f" {CANARY}\n")
    field.ask(answers.append, refuse)
    assert answers == [Secret(CANARY)]
    assert browser.text == ""


def test_text_is_in_no_state_of_the_field() -> None:
    """What a notebook could save, show or pickle."""
    field = SecretField(label="API token", hint="shown once", placeholder="p")
    SecretInput(field, CANARY)
    field.ask(lambda secret: None, refuse)
    assert CANARY not in repr((field, field.get_state(), vars(field), field.keys))
    assert {"label", "hint", "placeholder", "disabled", "filled"} <= set(field.get_state())


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_typed_is_none(text: str) -> None:
    """An empty field is an answer, not an error."""
    field, answers = SecretField(), []
    SecretInput(field, text)
    field.ask(answers.append, refuse)
    assert answers == [None]


def test_invisible_character_is_an_error_of_its_own() -> None:
    """It must not pass for an empty field, which keeps the old secret."""
    field, problems = SecretField(), []
    SecretInput(field, "to\u200bken")
    field.ask(lambda secret: pytest.fail("accepted"), problems.append)
    assert "invisible character" in str(problems[0])


def test_asking_twice_is_answered_once() -> None:
    """A double click: the browser answers both questions, the second time with an empty input."""
    field, answers = SecretField(), []
    browser = SecretInput(field, CANARY)
    browser.answering = False
    field.ask(answers.append, refuse)
    field.ask(answers.append, refuse)
    for number in browser.asked:
        browser.answer(number)
    assert answers == [Secret(CANARY)]


def test_unasked_secret_is_dropped() -> None:
    """Nobody waits for it, so nobody gets it."""
    field, answers = SecretField(), []
    browser = SecretInput(field, CANARY)
    message = browser.answer(1)
    field.ask(answers.append, refuse)
    assert answers == [None]
    assert CANARY not in repr(message)


def test_enter_is_reported() -> None:
    """Enter in the field is Connect."""
    field, pressed = SecretField(), []
    field.on_submit(lambda: pressed.append(1))
    SecretInput(field).press_enter()
    assert pressed == [1]
