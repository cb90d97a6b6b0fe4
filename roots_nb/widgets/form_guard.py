"""What a form needs of the browser: its keys, the focus, and that a press counts for what stands in the fields.

JupyterLab's shortcuts take the arrow keys and Enter away from lists and buttons. A form that has just been opened is
far from where the focus was. And `ipywidgets` holds a text back until the kernel has answered to the one before, but
no press of a button: who types fast and presses Save would save half a comment
(`tests/browser/test_worklogs_in_lab.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets


class FormGuard(anywidget.AnyWidget):
    """Invisible, a child of the box that it guards.

    Parameters
    ----------
    fields : dict of str to Text, Textarea or DatePicker
        By any name: before any button in the box acts, they hold what stands in them on the screen.

    Attributes
    ----------
    focuses : bool
        Whether the first field of the box gets the focus when the box appears, unless one of them has it by then.
    """

    _esm = Path(__file__).with_name("form_guard.js")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    focuses = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, fields: Mapping[str, widgets.Widget] | None = None) -> None:
        self._fields = dict(fields or {})
        for name, field in self._fields.items():
            field.add_class(f"rn-field-{name}")
        super().__init__(names=list(self._fields))
        self.on_msg(self._receive)

    def add_to(self, box: widgets.Box) -> None:
        """Become a child of a box."""
        box.add_class("rn-guarded")
        box.children = [*box.children, self]

    def _receive(self, _: object, content: dict[str, Any], buffers: object) -> None:
        texts = content.get("texts")
        for name, text in texts.items() if isinstance(texts, dict) else ():
            field = self._fields.get(name)
            if field is not None and isinstance(text, str) and not field.disabled:
                field.value = _day(text) if isinstance(field, widgets.DatePicker) else text


def _day(text: str) -> date | None:
    """A date is empty while it is being typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
