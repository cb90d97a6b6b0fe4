// One view of a sheet: filter and buttons above, the table, and below it what one should know.

import { copy, emptied, filledDown, pasted, pasteReport } from "./blocks.js";
import { openEditor } from "./editor.js";
import { Frame } from "./frame.js";
import { Keyboard } from "./keyboard.js";
import { columnOf, dataOf, makeTable, repaintRow } from "./table.js";

export class View {
  #rows = new Map(); // key -> Tabulator's row
  #later = []; // changes of the table that wait until the editor is closed
  #isChanging = false;
  #isClosed = false;
  #words = [];
  #request = 0; // the number under which this view asked for a row

  constructor(sheet, el, label) {
    this.sheet = sheet;
    this.table = null; // while there are no rows, and while it is being built
    this.frame = new Frame(el, label, {
      filter: (text) => this.filter(text),
      enter: () => this.table !== null && this.focus(),
      add: () => this.add(),
      undo: () => this.step("undo"),
      redo: () => this.step("redo"),
    });
    const { holder } = this.frame;
    new Keyboard(this).listenTo(holder);
    for (const type of ["copy", "cut", "paste"]) holder.addEventListener(type, (event) => this.#clipboard(event));
    holder.addEventListener("focusin", suppressShortcuts);
    this.reload();
  }

  get selection() {
    return this.table.module("selectRange");
  }

  get isEditing() {
    return this.frame.holder.querySelector(".rn-editor") !== null;
  }

  close() {
    this.#isClosed = true;
    this.#discardTable();
  }

  focus() {
    this.selection.initializeFocus();
  }

  // What the sheet tells

  reload() {
    if (this.sheet.isLoaded) this.#whenClosed(() => this.#build());
  }

  repaint(keys) {
    for (const key of keys) if (this.#rows.has(key)) repaintRow(this.#rows.get(key), this.sheet);
    this.count();
  }

  insert(rows, at, number) {
    this.#whenClosed(async () => {
      const isShown = at !== null && this.selection.positionOf(at) >= 0;
      const added = await this.table.addRow(rows.map(dataOf), isShown, isShown ? at : undefined);
      this.#know(Array.isArray(added) ? added : [added]);
      this.#refresh();
      if (number !== 0 && number === this.#request) this.#goToNew(rows[0].key);
    });
  }

  remove(keys) {
    this.#whenClosed(async () => {
      const active = this.#activeKey();
      await this.table.deleteRow(keys.filter((key) => this.#rows.delete(key)));
      this.#refresh(active);
    });
  }

  count() {
    const shown = this.table === null ? 0 : this.table.getDataCount("active");
    const { history, underWay, rows, canAdd } = this.sheet;
    this.frame.show({ shown, all: rows.length, underWay, history, canAdd });
    this.#tellProblem();
  }

  // What a person does

  /** Open an editor in the active cell, or tick it; false where nothing can be changed. */
  open(how) {
    const { cell, row, column } = this.#active();
    if (cell === null || !column.editable || column.kind === "state") return false;
    if (column.kind === "check") return how === "key" && this.#tick(row, column);
    const { bounds } = this.selection;
    this.selection.goTo(bounds.row, bounds.column);
    openEditor(cell, how);
    return true;
  }

  toggle() {
    const { row, column } = this.#active();
    return column?.kind === "check" && column.editable && this.#tick(row, column);
  }

  step(which) {
    this.#goToAll(this.sheet[which]());
    return true;
  }

  clear() {
    const { rows, columns } = this.#block();
    this.sheet.edit(emptied(rows, columns));
    return true;
  }

  fillDown() {
    const { rows, columns, bounds } = this.#block();
    const above = rows.length === 1 && bounds.top > 0 ? this.selection.rowsBetween(bounds.top - 1, bounds.top - 1) : [];
    if (rows.length + above.length > 1) this.sheet.edit(filledDown([...above, ...rows], columns));
    return true;
  }

  selectAll() {
    this.selection.select(0, 0, this.selection.rowCount - 1, this.sheet.columns.length - 1);
    return true;
  }

  add(drafts = [{}]) {
    this.#request = this.sheet.add(drafts);
  }

  filter(text) {
    this.#words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    if (this.table === null) return;
    const active = this.#activeKey();
    this.table.setFilter((data) => this.#passes(data.row));
    this.#refresh(active);
  }

  // The table

  #build() {
    const { sheet, frame } = this;
    const hadFocus = frame.holder.contains(document.activeElement);
    this.#discardTable();
    const table = makeTable(frame.makeTable(), sheet, {
      close: (row, column, text) => this.#edited(row, column, text),
      tick: (row, column) => this.#tick(row, column),
    });
    frame.table.addEventListener("rn-selected", () => this.#tellProblem());
    table.on("renderComplete", () => table.module("selectRange").layoutElement());
    return new Promise((resolve) => table.on("tableBuilt", () => resolve(this.#built(table, hadFocus))));
  }

  #built(table, hadFocus) {
    if (this.#isClosed) return table.destroy();
    this.table = table;
    this.#know(table.getRows());
    if (this.#words.length > 0) table.setFilter((data) => this.#passes(data.row));
    if (hadFocus) this.focus();
    return this.#refresh();
  }

  #discardTable() {
    this.#later = []; // the next table begins with what the sheet holds by then
    this.#rows.clear();
    if (this.table === null) return;
    const { table, selection } = this;
    this.table = null;
    selection.isClosed = true;
    table.destroy();
  }

  #know(rows) {
    for (const row of rows) this.#rows.set(row.getData().key, row);
  }

  #edited(row, column, text) {
    if (text !== null) this.sheet.edit([{ key: row.key, column: column.name, text }]);
    queueMicrotask(() => this.#doLater());
  }

  #whenClosed(change) {
    this.#later.push(change);
    this.#doLater();
  }

  async #doLater() {
    if (this.#isChanging) return;
    this.#isChanging = true;
    try {
      while (this.#later.length > 0 && !this.isEditing) await this.#later.shift()();
    } finally {
      this.#isChanging = false;
    }
  }

  /** After rows came, went or moved: stay at the same row, if it is still shown. */
  #refresh(key = this.#activeKey()) {
    const { selection } = this;
    if (selection.rowCount > 0) {
      const position = key === null ? -1 : selection.positionOf(key);
      selection.goTo(position < 0 ? selection.bounds?.row ?? 0 : position, selection.bounds?.column ?? 0);
    }
    this.frame.describeTable(this.sheet);
    this.count();
  }

  // The selection

  #active() {
    const cell = this.selection.activeCell();
    if (cell === null) return { cell, row: null, column: null };
    return { cell, row: cell.getData().row, column: columnOf(cell, this.sheet) };
  }

  #activeKey() {
    return this.table === null ? null : (this.#active().row?.key ?? null);
  }

  #block() {
    const { bounds } = this.selection;
    if (bounds === null) return { rows: [], columns: [], bounds };
    const columns = this.sheet.columns.slice(bounds.left, bounds.right + 1);
    return { rows: this.selection.rowsBetween(bounds.top, bounds.bottom), columns, bounds };
  }

  #goToAll(cells) {
    if (this.table === null) return;
    const places = cells.map(({ key, column }) => [
      this.selection.positionOf(key),
      this.sheet.columns.findIndex(({ name }) => name === column),
    ]);
    const shown = places.filter(([row]) => row >= 0);
    if (shown.length === 0) return;
    const [rows, columns] = [shown.map(([row]) => row), shown.map(([, column]) => column)];
    const edges = [least(rows), least(columns), most(rows), most(columns)];
    this.selection.select(...edges);
  }

  #goToNew(key) {
    const column = this.sheet.columns.findIndex(({ editable, kind }) => editable && kind !== "check");
    this.selection.goTo(this.selection.positionOf(key), Math.max(column, 0));
    this.focus();
  }

  #tick(row, column) {
    this.sheet.edit([{ key: row.key, column: column.name, text: row.values[column.name] !== true }]);
    return true;
  }

  // The clipboard

  #clipboard(event) {
    if (event.target.closest(".rn-editor") !== null || this.table === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.type === "paste") this.#paste(event.clipboardData.getData("text/plain"));
    else event.clipboardData.setData("text/plain", copy(this.#block().rows, this.#block().columns));
    if (event.type === "cut") this.clear();
  }

  #paste(text) {
    const { bounds } = this.selection;
    if (text === "") return;
    const below = bounds === null ? [] : this.selection.rowsBetween(bounds.top, Infinity);
    const { written, drafts, lost } = pasted(text, {
      rows: below,
      columns: this.sheet.columns.slice(bounds?.left ?? 0),
      height: bounds === null ? 1 : bounds.bottom - bounds.top + 1,
      width: bounds === null ? 1 : bounds.right - bounds.left + 1,
    });
    const changed = this.sheet.edit(written);
    if (drafts.length > 0 && this.sheet.canAdd) this.add(drafts);
    const missing = lost + (this.sheet.canAdd ? 0 : drafts.reduce((sum, draft) => sum + Object.keys(draft).length, 0));
    this.#goToAll(written);
    this.frame.say(pasteReport(changed.length, this.sheet.canAdd ? drafts.length : 0, missing));
  }

  // Filter and words

  #passes(row) {
    if (this.#words.length === 0) return true;
    const texts = [...Object.values(row.values).filter((value) => typeof value === "string"), row.stateText];
    const all = texts.join("\n").toLocaleLowerCase();
    return this.#words.every((word) => all.includes(word));
  }

  #tellProblem() {
    if (this.table === null) return;
    const { row, column } = this.#active();
    const problem = row?.problems.get(column.name) ?? "";
    this.frame.tellProblem(problem === "" ? "" : `${column.title}: ${problem}`);
  }
}

function suppressShortcuts(event) {
  event.target.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab looks at the focused element alone
}

function least(numbers) {
  return numbers.reduce((a, b) => Math.min(a, b));
}

function most(numbers) {
  return numbers.reduce((a, b) => Math.max(a, b));
}
