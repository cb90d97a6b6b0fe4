// Keys, as in any spreadsheet: first those of an open editor, then those that move, then those that change.

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PAGE = 12;
const FAR = 1e9;

export const HELP = [
  ["Enter, F2 or double-click", "edit the cell; typing replaces its text"],
  ["Enter, Tab, Shift+Tab", "take over and go down, right, left"],
  ["Alt+Enter", "a new line in a comment"],
  ["Escape", "leave the cell as it was; then Tab leaves the table"],
  ["Shift+arrows, Ctrl+A", "select a block, everything"],
  ["Ctrl+C, Ctrl+X, Ctrl+V", "copy, cut, paste; also from and to Excel"],
  ["Ctrl+D", "fill down: the first selected row into those below"],
  ["Delete", "empty the selected cells"],
  ["Space", "tick or untick"],
  ["Ctrl+Z, Ctrl+Y", "undo, redo"],
  ["Arrow down in the filter", "to the table"],
];

export class Keyboard {
  #isLeaving = false; // after Escape, Tab goes on to what follows the table

  constructor(view) {
    this.view = view;
  }

  listenTo(element) {
    element.addEventListener("keydown", (event) => this.#press(event), true);
  }

  #press(event) {
    const input = event.target.closest(".rn-editor");
    const isHeader = event.target.closest(".tabulator-header") !== null;
    if (event.isComposing) return;
    const isDone = input !== null ? this.#inEditor(event, input) : isHeader ? this.#inHeader(event) : this.#inTable(event);
    if (isDone) event.preventDefault();
    if (isDone || input !== null) event.stopPropagation();
    if (input !== null && !isDone) event.stopImmediatePropagation();
  }

  #inHeader({ key, target }) {
    if (key !== "Enter" && key !== " ") return false;
    target.click();
    return true;
  }

  #inEditor({ key, altKey, shiftKey, ctrlKey, metaKey }, input) {
    if (key === "Escape") return this.#close(input, null, [0, 0]);
    if (key === "Enter" && altKey && input.tagName === "TEXTAREA") {
      input.setRangeText("\n", input.selectionStart, input.selectionEnd, "end");
      input.dispatchEvent(new Event("input"));
      return true;
    }
    if (key === "Enter") return this.#close(input, input.value, [shiftKey ? -1 : 1, 0]);
    if (key === "Tab") return this.#close(input, input.value, [0, shiftKey ? -1 : 1]);
    const isMove = key in MOVES && input.dataset.typing === "true" && !(shiftKey || ctrlKey || metaKey || altKey);
    return isMove ? this.#close(input, input.value, MOVES[key]) : false;
  }

  #close(input, text, [down, right]) {
    input.finish(text);
    this.view.focus();
    if (down !== 0 || right !== 0) this.#step(down, right);
    return true;
  }

  #inTable(event) {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (key === "Tab") return this.#tab(event);
    if (key !== "Shift") this.#isLeaving = key === "Escape"; // Shift alone may be the beginning of Shift+Tab
    const hasControl = (ctrlKey || metaKey) && !event.getModifierState("AltGraph");
    if (key in MOVES || ["Home", "End", "PageUp", "PageDown"].includes(key)) return this.#move(event, hasControl);
    if (hasControl) return this.#command(event);
    if (key === "Enter" || key === "F2") return this.view.open("key") || (key === "Enter" && this.#step(1, 0));
    if (key === "Delete" || key === "Backspace") return this.view.clear();
    if (key === " " && this.view.toggle()) return true;
    if (key === "Escape") return this.#collapse();
    const isTyping = (key.length === 1 && !altKey) || key === "Process" || key === "Dead" || event.getModifierState("AltGraph");
    if (isTyping) this.view.open("typing"); // the browser then writes the character into the new input
    return false;
  }

  #command({ key, shiftKey }) {
    const letter = key.toLowerCase();
    if (letter === "z") return this.view.step(shiftKey ? "redo" : "undo");
    if (letter === "y") return this.view.step("redo");
    if (letter === "d") return this.view.fillDown();
    if (letter === "a") return this.view.selectAll();
    return false;
  }

  #move({ key, shiftKey }, hasControl) {
    const { selection } = this.view;
    const { bounds } = selection;
    if (bounds === null) return true;
    const [down, right] = this.#distance(key, hasControl);
    const range = selection.activeRange;
    const [row, column] = shiftKey ? [range.end.row, range.end.col] : [bounds.row, bounds.column];
    selection.goTo(row + down, column + right, { extend: shiftKey });
    return true;
  }

  #distance(key, hasControl) {
    if (key === "Home") return [hasControl ? -FAR : 0, -FAR];
    if (key === "End") return [hasControl ? FAR : 0, FAR];
    if (key === "PageUp" || key === "PageDown") return [key === "PageUp" ? -PAGE : PAGE, 0];
    return MOVES[key].map((step) => (hasControl ? step * FAR : step));
  }

  #step(down, right) {
    const { bounds } = this.view.selection;
    if (bounds !== null) this.view.selection.goTo(bounds.row + down, bounds.column + right);
    return true;
  }

  /** To the next cell, from row to row; past the first and the last cell it leaves the table. */
  #tab({ shiftKey }) {
    const { selection, sheet } = this.view;
    const { bounds } = selection;
    if (this.#isLeaving || bounds === null) return this.#leave();
    const width = sheet.columns.length;
    const next = bounds.row * width + bounds.column + (shiftKey ? -1 : 1);
    if (next < 0 || next >= selection.rowCount * width) return this.#leave();
    selection.goTo(Math.floor(next / width), next % width);
    return true;
  }

  #leave() {
    this.#isLeaving = false;
    return false;
  }

  #collapse() {
    const { bounds } = this.view.selection;
    if (bounds !== null) this.view.selection.goTo(bounds.row, bounds.column);
    return true;
  }
}
