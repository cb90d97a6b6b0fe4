"""What stands for the browser in these tests: it types, presses, answers and shows."""

from __future__ import annotations

import threading
from collections.abc import Callable

import ipywidgets as widgets
from markupsafe import Markup

from roots_nb.widgets.connect_form import ConnectForm
from roots_nb.widgets.secret_field import SecretField
from tests.world import TOKEN, World

PATIENCE_SECONDS = 10


def at_once(job: Callable[[], None]) -> None:
    """A worker that is done when the click is."""
    job()


class Clock:
    """Timers that fire when the test says so."""

    def __init__(self) -> None:
        self.running: list[FakeTimer] = []

    def __call__(self, seconds: float, action: Callable[[], None]) -> FakeTimer:
        return FakeTimer(self, action)

    def pause(self) -> None:
        """Typing pauses long enough."""
        for timer in list(self.running):
            timer.cancel()
            timer.action()


class FakeTimer:
    def __init__(self, clock: Clock, action: Callable[[], None]) -> None:
        self.clock, self.action, self.daemon = clock, action, False

    def start(self) -> None:
        self.clock.running.append(self)

    def cancel(self) -> None:
        if self in self.clock.running:
            self.clock.running.remove(self)


class SecretInput:
    """The browser's side of a `SecretField`: holds the text until it is asked for it."""

    def __init__(self, field: SecretField, text: str = "") -> None:
        self.field, self.text = field, text
        self.asked: list[int] = []
        self.answering = True
        field.send = self._receive

    def _receive(self, message: dict[str, object], buffers: object = None) -> None:
        if message.get("type") == "ask":
            self.asked.append(message["id"])
            if self.answering:
                self.answer(message["id"])

    def answer(self, number: int) -> dict[str, object]:
        message: dict[str, object] = {"type": "secret", "id": number}
        buffers = [memoryview(self.text.encode())]
        self.text = ""
        self.field._handle_custom_msg(message, buffers)
        return message

    def press_enter(self) -> None:
        self.field._handle_custom_msg({"type": "submit"}, [])


def fill(form: ConnectForm, world: World, secret: str = TOKEN, *, label: str = "") -> SecretInput:
    """Type what signs in Ann."""
    form.label.value = label
    form.deployment.value, form.url.value = world.deployment, world.url
    form.email.value = "ann@example.com"
    return SecretInput(form.secret, secret)


def is_shown(widget: widgets.Widget) -> bool:
    return widget.layout.display != "none"


def text_of(widget: widgets.HTML) -> str:
    """What a person reads."""
    return Markup(widget.value).striptags()


def wait_until(widget: widgets.Widget, fits: Callable[[], bool]) -> None:
    """Wait for another thread to bring `widget` to where it `fits`."""
    changed = threading.Event()
    widget.observe(lambda _: fits() and changed.set())
    if not fits():
        assert changed.wait(PATIENCE_SECONDS), f"still {widget}"
