"""What the browser tells before a button acts."""

from __future__ import annotations

from datetime import date

import ipywidgets as widgets

from roots_nb.widgets.form_guard import FormGuard


def tell(guard: FormGuard, **texts: object) -> None:
    guard._handle_custom_msg({"texts": texts}, [])


def test_fields_hold_what_stands_in_them_before_a_press() -> None:
    """It may not have arrived by itself yet."""
    fields = {"comment": widgets.Textarea("Ty"), "day": widgets.DatePicker(), "start": widgets.Text("9:00")}
    guard = FormGuard(fields)
    tell(guard, comment="Typed", day="2026-11-16", start="9:00")
    assert [field.value for field in fields.values()] == ["Typed", date(2026, 11, 16), "9:00"]
    tell(guard, day="")
    assert fields["day"].value is None


def test_what_cannot_be_typed_is_not_told() -> None:
    """A locked field says what the kernel says; other names and other things are nobody's."""
    comment = widgets.Textarea("kept", disabled=True)
    guard = FormGuard({"comment": comment})
    tell(guard, comment="Typed", other="x")
    comment.disabled = False
    tell(guard, comment=None)
    guard._handle_custom_msg({"texts": "nonsense"}, [])
    assert comment.value == "kept"
