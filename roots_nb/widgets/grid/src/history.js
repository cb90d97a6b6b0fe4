// What can be undone: one entry for each thing a person did, so that a paste is one step.

export class History {
  #done = [];
  #undone = [];

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  clear() {
    this.#done = [];
    this.#undone = [];
  }

  /** `entry` has `undo(sheet)` and `redo(sheet)`, which return the cells they changed, and `rename(keys)`. */
  note(entry) {
    this.#done.push(entry);
    this.#undone = [];
  }

  undo(sheet) {
    return this.#step(this.#done, this.#undone, (entry) => entry.undo(sheet));
  }

  redo(sheet) {
    return this.#step(this.#undone, this.#done, (entry) => entry.redo(sheet));
  }

  /** A row that comes back has another key than before. */
  rename(keys) {
    for (const entry of [...this.#done, ...this.#undone]) entry.rename(keys);
  }

  #step(from, to, act) {
    const entry = from.pop();
    if (entry === undefined) return [];
    to.push(entry);
    return act(entry);
  }
}

/** Texts of cells before and after. */
export class CellsEdited {
  constructor(cells) {
    this.cells = cells; // { key, column, before, after }
  }

  undo(sheet) {
    return sheet.write(this.cells.map(({ key, column, before }) => ({ key, column, text: before })));
  }

  redo(sheet) {
    return sheet.write(this.cells.map(({ key, column, after }) => ({ key, column, text: after })));
  }

  rename(keys) {
    for (const cell of this.cells) cell.key = keys.get(cell.key) ?? cell.key;
  }
}

/** Rows that Python was asked for; their keys are known when it has answered. */
export class RowsAdded {
  constructor(drafts) {
    this.drafts = drafts;
    this.keys = [];
    this.former = [];
  }

  undo(sheet) {
    this.drafts = this.keys.map((key) => sheet.draftOf(key));
    this.former = this.keys;
    this.keys = [];
    sheet.askToRemove(this.former);
    return [];
  }

  redo(sheet) {
    sheet.askToAdd(this);
    return [];
  }

  /** Returns which old key each new one stands for. */
  arrived(keys) {
    this.keys = keys;
    return new Map(this.former.map((key, index) => [key, keys[index]]));
  }

  rename() {}
}
