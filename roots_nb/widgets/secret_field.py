"""A password input whose text is never part of the widget's state, so that no saved notebook can hold it.

The text stays in the browser until it is asked for. It then comes as the buffer of one message, because the kernel can
be told to log all else of a message, and the input is emptied at that moment (`tests/widgets/test_secret_field.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from roots_nb.connections.secrets import Secret
from roots_nb.errors import InvalidInput

Answer = Callable[[Secret | None], None]
Refusal = Callable[[InvalidInput], None]


class SecretField(anywidget.AnyWidget):
    """A labelled password input with a hint below.

    Attributes
    ----------
    label, hint, placeholder : str
        Plain text.
    disabled : bool
    filled : bool
        Whether something has been typed; all that the kernel knows of it.
    """

    _esm = Path(__file__).with_name("secret_field.js")
    _css = Path(__file__).with_name("secret_field.css")

    label = traitlets.Unicode().tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)
    placeholder = traitlets.Unicode().tag(sync=True)
    disabled = traitlets.Bool(default_value=False).tag(sync=True)
    filled = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._guard = threading.Lock()
        self._asked = 0
        self._waiting: tuple[Answer, Refusal] | None = None
        self._submit: Callable[[], None] | None = None
        self.on_msg(self._receive)

    def ask(self, answer: Answer, otherwise: Refusal) -> None:
        """Take what was typed out of the browser and hand it to `answer`, None when nothing was typed.

        What cannot be a secret (an invisible character inside) goes as an error to `otherwise`. Asking again before the
        answer has come asks the same question: it is answered once.
        """
        with self._guard:
            if self._waiting is None:
                self._asked += 1
            self._waiting = (answer, otherwise)
            question = {"type": "ask", "id": self._asked}
        self.send(question)

    def on_submit(self, submit: Callable[[], None]) -> None:
        """Call `submit` when Enter is pressed in the field."""
        self._submit = submit

    def _receive(self, _: object, content: dict[str, Any], buffers: Sequence[Any]) -> None:
        if content.get("type") == "submit" and self._submit is not None:
            self._submit()
        if content.get("type") != "secret":
            return
        with self._guard:
            if self._waiting is None or content.get("id") != self._asked:
                return
            answer, otherwise = self._waiting
            self._waiting = None
        secret = _secret_in(buffers)
        if isinstance(secret, InvalidInput):
            otherwise(secret)
        else:
            answer(secret)


def _secret_in(buffers: Sequence[Any]) -> Secret | InvalidInput | None:
    """The secret comes as the bytes of a buffer, which neither a log nor a traceback shows."""
    try:
        return Secret(bytes(buffers[0]).decode()) if buffers and bytes(buffers[0]).strip() else None
    except UnicodeDecodeError:
        return InvalidInput("The token or password cannot be read.", advice="Paste it again.")
    except InvalidInput as error:
        return error.with_traceback(None)
