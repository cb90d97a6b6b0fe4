"""One browser window with JupyterLab in it, and a notebook in it as a person uses it: run a cell, look, type, save."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page, Request, Route, WebSocket

from tests.browser.lab import Lab

PATIENCE_MS = 60_000
POLL_MS = 50
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"

_HERE = re.compile(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:")
_ELSEWHERE = re.compile(rf"^(?!{_HERE.pattern})")
_KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
_WHEN_IDLE = "() => jupyterapp.shell.currentWidget?.sessionContext?.kernelDisplayStatus === 'idle'"
_WHEN_BUSY = _WHEN_IDLE.replace("idle", "busy")
_OPEN = "async path => { await jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'}) }"
_CLOSE = """async () => {
    const panel = jupyterapp.shell.currentWidget;
    await panel.sessionContext.shutdown();
    panel.context.model.dirty = false;
    panel.dispose();
}"""
_CLEAR = "n => jupyterapp.shell.currentWidget.content.widgets[n].model.clearExecution()"
_EXECUTE = """code => {
    const {kernel} = jupyterapp.shell.currentWidget.sessionContext.session;
    return kernel.requestExecute({code}).done.then(() => null);
}"""
_SELECT = """n => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = n;
    notebook.deselectAll();
}"""
_THEME_IS_SHOWN = """theme =>
    document.body.dataset.jpThemeName === theme && !document.getElementById('jupyterlab-splash')"""
_SOURCES = "jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.source)"
_OUTPUTS = "n => jupyterapp.shell.currentWidget.content.widgets[n].model.outputs?.toJSON() ?? []"


def take_picture(page: Page, name: str) -> None:
    """For people to look at; where there is a folder for it."""
    if SCREENSHOTS.exists():
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


class Window:
    """JupyterLab in a browser window that reaches nothing but 127.0.0.1.

    Attributes
    ----------
    elsewhere : list of str
        Addresses of any other host that something asked for; the requests were blocked.
    crashes : list of str
        Exceptions of JavaScript that nobody caught.
    """

    def __init__(self, lab: Lab, page: Page) -> None:
        self.lab = lab
        self.page = page
        self.elsewhere: list[str] = []
        self.crashes: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.context.route(_ELSEWHERE, self._refuse)
        page.on("websocket", self._note_socket)
        page.on("pageerror", lambda error: self.crashes.append(str(error)))
        self.load()

    def load(self) -> None:
        """Load JupyterLab, again if it is already there."""
        self.page.goto(self.lab.url)
        self.wait_for("window.jupyterapp !== undefined")
        self.page.evaluate("jupyterapp.restored.then(() => null)")

    def wait_for(self, condition: str, argument: object = None) -> None:
        """Until JavaScript says so; asked now and then, for at each frame the page would be drawn anew."""
        self.page.wait_for_function(condition, arg=argument, polling=POLL_MS)

    def begin(self) -> None:
        """Begin anew, while no notebook is open: nothing remembered, nothing noted."""
        self.lab.forget()
        self.elsewhere.clear()
        self.crashes.clear()

    def set_theme(self, theme: str) -> None:
        """ "JupyterLab Light" or "JupyterLab Dark"."""
        self.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        self.wait_for(_THEME_IS_SHOWN, theme)

    @contextmanager
    def notebook(self, *cells: str) -> Iterator[Notebook]:
        """Open a new notebook with these code cells, its kernel ready; closed with its kernel in the end."""
        path = self.lab.folder / "test.ipynb"
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=_KERNEL)
        nbformat.write(made, path)
        with self.open(path) as opened:
            yield opened

    @contextmanager
    def open(self, path: Path) -> Iterator[Notebook]:
        """Open a notebook of the root directory; what goes wrong with it does not stay open for the next."""
        self.page.evaluate(_OPEN, path.name)
        try:
            self.wait_for(_WHEN_IDLE)
            yield Notebook(self, path)
        finally:
            self.page.evaluate(_CLOSE)

    def _refuse(self, route: Route, request: Request) -> None:
        self.elsewhere.append(request.url)
        route.abort()

    def _note_socket(self, socket: WebSocket) -> None:
        if not _HERE.match(socket.url):
            self.elsewhere.append(socket.url)


class Notebook:
    """An open notebook with its kernel; cells are counted from 0."""

    def __init__(self, window: Window, path: Path) -> None:
        self.window = window
        self.page = window.page
        self.path = path

    def run(self, cell: int = 0, *, fails: str = "") -> Locator:
        """Run a cell to its end and return its output; it must fail with the exception of this name, if any."""
        self.page.evaluate(_SELECT, cell)
        self._command("notebook:run-cell")
        self.window.wait_for(_WHEN_IDLE)
        self._check(self.outputs(cell), fails)
        return self.output(cell)

    def run_all(self, *, fails: str = "") -> None:
        """Run all cells to their end, or to the one that must fail with the exception of this name."""
        self._command("notebook:run-all-cells")
        self.window.wait_for(_WHEN_IDLE)
        cells = range(self.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length"))
        self._check([output for cell in cells for output in self.outputs(cell)], fails)

    def start(self, cell: int) -> None:
        """Run a cell that takes long, until its kernel is busy."""
        self.page.evaluate(_SELECT, cell)
        self.page.evaluate("() => { jupyterapp.commands.execute('notebook:run-cell') }")
        self.window.wait_for(_WHEN_BUSY)

    def interrupt(self) -> None:
        """Stop what runs, as the button in the toolbar does."""
        self._command("notebook:interrupt-kernel")
        self.window.wait_for(_WHEN_IDLE)

    def _command(self, name: str) -> None:
        self.page.evaluate("name => jupyterapp.commands.execute(name).then(() => null)", name)

    def _check(self, outputs: Sequence[dict[str, Any]], fails: str) -> None:
        problems = [output for output in outputs if output["output_type"] == "error"]
        text = "\n".join(line for problem in problems for line in problem["traceback"])
        assert [problem["ename"] for problem in problems] == ([fails] if fails else []), text

    def output(self, cell: int = 0) -> Locator:
        """Where the cell's outputs are shown."""
        return self.page.locator(".jp-NotebookPanel .jp-Cell").nth(cell).locator(".jp-Cell-outputWrapper")

    def output_of(self, source: str) -> Locator:
        """Where the outputs of the first cell with `source` in it are shown."""
        sources = self.page.evaluate(_SOURCES)
        return self.output(next(n for n, text in enumerate(sources) if source in text))

    def outputs(self, cell: int = 0) -> Sequence[dict[str, Any]]:
        """The cell's outputs as the notebook holds them."""
        found: Sequence[dict[str, Any]] = self.page.evaluate(_OUTPUTS, cell)
        return found

    def restart_kernel(self) -> None:
        """Restart the kernel: what it knew is gone, what is shown stays."""
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().then(() => null)")
        self.window.wait_for(_WHEN_IDLE)

    def reload_page(self) -> None:
        """Load the whole page again and open the notebook, as it was saved, with the kernel that still runs."""
        self.window.load()
        self.page.evaluate(_OPEN, self.path.name)
        self.window.wait_for(_WHEN_IDLE)

    def clear(self, cell: int) -> None:
        """Clear the cell's output."""
        self.page.evaluate(_CLEAR, cell)

    def execute(self, code: str) -> None:
        """Run code in the kernel without a cell, so that nothing in the window moves."""
        self.page.evaluate(_EXECUTE, code)

    def save(self) -> str:
        """Save, and return the file's text."""
        self._command("docmanager:save")
        return self.path.read_text(encoding="utf-8")

    def picture(self, name: str) -> None:
        """Screenshots of what the window shows, light and dark, for people to look at; where there is a folder."""
        for theme in ("Dark", "Light") if SCREENSHOTS.exists() else ():
            self.window.set_theme(f"JupyterLab {theme}")
            take_picture(self.page, f"{name}-{theme.lower()}")
