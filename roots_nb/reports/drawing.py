"""How charts are drawn: without pyplot (no global state, no window, any thread), in one style, as SVG or PNG.

Colours are Okabe and Ito's, which colour-blind people can tell apart. No text is read as mathematics, so "$" and "_"
are harmless (tests/reports/test_charts.py).
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOUR = timedelta(hours=1)
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
GREY = "#999999"
INK = "#010203"  # becomes the colour of the page's text, light or dark
MOST_NAMED_BARS = 12

_INKED = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color")
_STYLE: Any = {
    "text.parse_math": False,
    "font.size": 10,
    "axes.axisbelow": True,
    "hatch.linewidth": 0.6,
    **dict.fromkeys(_INKED, INK),
}
_PAGE_WIDE_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
_PNG_DOTS_PER_INCH = 160


def drawn(draw: Callable[[Axes], None], height: float, width: float = 10, *, filled: bool = False) -> Figure:
    """A figure with one pair of axes, filled by `draw`; sizes in inches. `filled` axes leave no room for labels."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout=None if filled else "constrained")
        draw(figure.add_axes((0, 0, 1, 1)) if filled else figure.add_subplot())
        for text in figure.findobj(Text):
            text.set_parse_math(False)
    return figure


def set_bars(axes: Axes, names: list[str]) -> None:
    """Axes for something at 0, 1, 2 …, each with its name below ("" = none), hours to the left."""
    named = [x for x, name in enumerate(names) if name]
    axes.set_xticks(named, [names[x] for x in named], fontsize=font_size(len(named)))
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylabel("hours")
    axes.locator_params(axis="y", integer=True)
    axes.grid(axis="y", alpha=0.2)
    strip(axes, "top", "right", "left")


def strip(axes: Axes, *sides: str) -> None:
    """Leave out ticks and some of the frame."""
    axes.spines[[*sides]].set_visible(False)
    axes.tick_params(length=0)


def say(axes: Axes, text: str) -> None:
    """Words instead of a drawing: an empty chart without any looks like a fault."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center")


def font_size(bar_count: int) -> float:
    """Small where there are many."""
    return 9 if bar_count <= MOST_NAMED_BARS else 7


def ink_on(colour: str) -> str:
    """Black or white, whichever is read better on a colour "#rrggbb"."""
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


@contextmanager
def _odd_letters() -> Iterator[None]:
    """Text that matplotlib's own font lacks is drawn by the reader's browser, or as a box."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        yield


def svg(figure: Figure) -> str:
    """The figure as an `<svg>` element in the colour of the text around it; its background becomes transparent.

    Drawn at once: `savefig` draws twice.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    for patch in (figure.patch, *(axes.patch for axes in figure.axes)):
        patch.set_visible(False)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "roots_nb"}), _odd_letters():
        FigureCanvasSVG(figure).print_svg(buffer, metadata=nothing)  # type: ignore[no-untyped-call]
    written = buffer.getvalue()
    return _PAGE_WIDE_STYLE.sub("", written[written.index("<svg") :]).replace(INK, "currentColor")


def png(figure: Figure) -> bytes:
    """The figure as a PNG file, on white."""
    buffer = io.BytesIO()
    with _odd_letters():
        figure.savefig(buffer, format="png", dpi=_PNG_DOTS_PER_INCH, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()
