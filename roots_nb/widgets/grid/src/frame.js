// What stands around the table: filter, buttons, and the line below.

import { HELP } from "./keyboard.js";

const PATIENCE_MS = 3000;
const FILTER_MS = 80;
const LATE =
  "Python has not answered yet. It is busy, or the kernel was restarted; after a restart run the cell again.";

export class Frame {
  #timer = 0;
  #said = "";
  #problem = "";

  constructor(el, label, on) {
    el.classList.add("rn-grid");
    this.label = label;
    const bar = make("div", "rn-grid-bar", el);
    this.filter = make("input", "rn-grid-filter", bar);
    Object.assign(this.filter, { type: "search", placeholder: "Filter", spellcheck: false });
    this.filter.setAttribute("aria-label", "Filter rows");
    this.add = button("+ Add row", bar, on.add);
    this.undo = button("Undo", bar, on.undo);
    this.redo = button("Redo", bar, on.redo);
    keysHelp(bar);
    this.holder = make("div", "rn-grid-holder", el);
    this.waiting = make("div", "rn-grid-empty", this.holder);
    this.waiting.textContent = "Waiting for the rows. If the kernel is not running, run the cell again.";
    this.foot = make("div", "rn-grid-foot", el);
    this.rows = make("span", "rn-grid-count", this.foot);
    this.message = make("span", "rn-grid-message", this.foot);
    this.message.setAttribute("role", "status");
    this.underWay = make("span", "rn-grid-under-way", this.foot);
    for (const part of [bar, this.foot]) part.addEventListener("keydown", (event) => event.stopPropagation());
    bar.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
    this.#filterAsYouType(on.filter, on.enter);
    this.show({ shown: 0, all: 0, underWay: 0, history: {}, canAdd: false });
  }

  makeTable() {
    this.waiting.remove();
    this.table?.remove();
    this.table = make("div", "rn-grid-table", this.holder);
    this.table.tabIndex = 0;
    this.table.setAttribute("aria-label", this.label);
    return this.table;
  }

  /** What a screen reader must know that the rows one sees do not tell. */
  describeTable(sheet) {
    this.table.setAttribute("aria-rowcount", sheet.rows.length + 1);
    this.table.setAttribute("aria-colcount", sheet.columns.length);
    this.table.setAttribute("aria-multiselectable", "true");
    // The table has the focus; without -1 Chromium stops at what can be scrolled.
    for (const part of [".tabulator-header", ".tabulator-tableholder"]) this.table.querySelector(part).tabIndex = -1;
    for (const [index, header] of this.table.querySelectorAll(".tabulator-col").entries()) {
      header.tabIndex = 0;
      header.title = sheet.columns[index]?.hint ?? "";
    }
  }

  show({ shown, all, underWay, history, canAdd }) {
    const number = (count) => count.toLocaleString("en");
    const rows = all === 1 ? "row" : "rows";
    this.rows.textContent = shown === all ? `${number(all)} ${rows}` : `${number(shown)} of ${number(all)} ${rows}`;
    this.add.hidden = !canAdd;
    this.undo.disabled = !history.canUndo;
    this.redo.disabled = !history.canRedo;
    this.#showUnderWay(underWay);
  }

  /** Something that was done; it makes way for a problem. */
  say(text) {
    this.#said = text;
    this.#tell();
  }

  tellProblem(text) {
    if (text !== this.#problem && text !== "") this.#said = "";
    this.#problem = text;
    this.#tell();
  }

  #tell() {
    const text = this.#said || this.#problem;
    if (this.message.textContent !== text) this.message.textContent = text;
    this.message.classList.toggle("rn-problem-told", this.#said === "" && this.#problem !== "");
  }

  #showUnderWay(count) {
    const text = count === 0 ? "" : `${count.toLocaleString("en")} ${count === 1 ? "edit" : "edits"} not yet received`;
    if (this.underWay.textContent === text) return;
    this.underWay.textContent = text;
    this.underWay.classList.remove("rn-late");
    this.underWay.title = "";
    clearTimeout(this.#timer);
    if (count > 0) this.#timer = setTimeout(() => this.#late(text), PATIENCE_MS);
  }

  #late(text) {
    this.underWay.textContent = `⚠ ${text}. ${LATE}`;
    this.underWay.classList.add("rn-late");
  }

  #filterAsYouType(filter, enter) {
    let timer = 0;
    this.filter.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      enter();
    });
    this.filter.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => filter(this.filter.value), FILTER_MS);
    });
  }
}

function keysHelp(parent) {
  const details = make("details", "rn-grid-keys", parent);
  make("summary", "", details).textContent = "Keys";
  const list = make("dl", "", details);
  for (const [keys, what] of HELP) {
    make("dt", "", list).textContent = keys;
    make("dd", "", list).textContent = what;
  }
}

function button(text, parent, click) {
  const made = make("button", "rn-grid-button", parent);
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", click);
  return made;
}

function make(name, className, parent) {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  parent.append(made);
  return made;
}
