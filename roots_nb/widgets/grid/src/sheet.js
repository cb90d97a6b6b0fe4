// The rows and the edits on their way to Python. Knows no DOM; all views of a widget share it.
//
// Every edit has a number. What Python says names the last number it had seen by then, so that its word on an older
// text of a cell does not replace what was typed since.

import { CellsEdited, History, RowsAdded } from "./history.js";

export class Sheet {
  client = Math.random().toString(36).slice(2);
  columns = [];
  rows = [];
  canAdd = false;
  history = new History();
  views = new Set();

  #send;
  #byKey = new Map();
  #sent = 0;
  #outbox = new Map(); // number of the message -> { keys, count }
  #added = new Map(); // number of the message -> RowsAdded

  constructor(send) {
    this.#send = send;
    send({ type: "ready", client: this.client });
  }

  get isLoaded() {
    return this.columns.length > 0;
  }

  /** How many edits Python has not acknowledged. */
  get underWay() {
    return [...this.#outbox.values()].reduce((sum, { count }) => sum + count, 0);
  }

  row(key) {
    return this.#byKey.get(key);
  }

  column(name) {
    return this.columns.find((column) => column.name === name);
  }

  isWaiting(row, name) {
    return row.pending.has(name) && this.#outbox.has(row.pending.get(name));
  }

  // What a person does

  /** Write texts into cells as one step; returns those that changed. */
  edit(cells) {
    const changing = cells.map((cell) => this.#tidy(cell)).filter((cell) => this.#changes(cell));
    const before = ({ key, column }) => this.row(key).values[column];
    const noted = changing.map((cell) => ({ ...cell, before: before(cell), after: cell.text }));
    if (noted.length > 0) this.history.note(new CellsEdited(noted));
    return this.write(changing);
  }

  add(drafts) {
    const entry = new RowsAdded(drafts);
    this.history.note(entry);
    return this.askToAdd(entry);
  }

  undo() {
    const cells = this.history.undo(this);
    this.#tell((view) => view.count());
    return cells;
  }

  redo() {
    const cells = this.history.redo(this);
    this.#tell((view) => view.count());
    return cells;
  }

  // What the history is made of

  write(cells) {
    const present = cells.filter(({ key }) => this.#byKey.has(key));
    if (present.length === 0) return present;
    const keys = present.map(({ key }) => key);
    const number = this.#post("edit", { cells: present.map(({ key, column, text }) => [key, column, text]) }, keys);
    for (const { key, column, text } of present) {
      const row = this.row(key);
      row.values[column] = text;
      row.pending.set(column, number);
      row.problems.delete(column);
      row.ranks.delete(column);
    }
    this.#tell((view) => view.repaint(keys));
    return present;
  }

  askToAdd(entry) {
    const number = this.#post("add", { drafts: entry.drafts }, [], entry.drafts.length);
    this.#added.set(number, entry);
    return number;
  }

  askToRemove(keys) {
    return this.#post("remove", { keys }, keys);
  }

  draftOf(key) {
    const row = this.row(key);
    if (row === undefined) return {};
    const editable = this.columns.filter((column) => column.editable && column.kind !== "check");
    return Object.fromEntries(editable.map(({ name }) => [name, row.values[name]]));
  }

  // What Python says

  receive(message, buffers) {
    if (message.for !== undefined && message.for !== this.client) return;
    if (message.type === "rows") this.#load(message, buffers);
    else if (message.type === "show") this.#show(message);
    else if (message.type === "add") this.#insert(message, buffers);
    else if (message.type === "remove") this.#remove(message.keys);
    else if (message.type === "taken" && message.client === this.client) this.#take(message.number);
  }

  #load({ columns, can_add }, buffers) {
    this.columns = columns;
    this.canAdd = can_add;
    this.rows = decode(columns, buffers[0]);
    this.#byKey = new Map(this.rows.map((row) => [row.key, row]));
    this.history.clear();
    this.#tell((view) => view.reload());
  }

  #show({ cells, rows, seen }) {
    for (const [key, column, text, problem, changed, rank] of cells) {
      const row = this.row(key);
      if (row === undefined || (row.pending.get(column) ?? 0) > (seen[this.client] ?? 0)) continue;
      row.values[column] = text;
      assign(row.problems, column, problem);
      assign(row.ranks, column, rank);
      assign(row.changed, column, changed);
    }
    for (const [key, state, text] of rows) Object.assign(this.row(key) ?? {}, { state, stateText: text });
    const keys = new Set([...cells, ...rows].map(([key]) => key));
    this.#tell((view) => view.repaint([...keys]));
  }

  #insert({ at, answers }, buffers) {
    const added = decode(this.columns, buffers[0]).filter((row) => !this.#byKey.has(row.key));
    const index = at === null ? -1 : this.rows.findIndex((row) => row.key === at);
    this.rows.splice(index < 0 ? this.rows.length : index, 0, ...added);
    for (const row of added) this.#byKey.set(row.key, row);
    const number = answers?.[0] === this.client ? answers[1] : 0;
    this.#arrived(number, added);
    this.#tell((view) => view.insert(added, index < 0 ? null : at, number));
  }

  #arrived(number, rows) {
    const entry = this.#added.get(number);
    if (entry === undefined) return;
    this.history.rename(entry.arrived([...entry.keys, ...rows.map(({ key }) => key)]));
  }

  #remove(keys) {
    const gone = new Set(keys);
    this.rows = this.rows.filter((row) => !gone.has(row.key));
    for (const key of keys) this.#byKey.delete(key);
    this.#tell((view) => view.remove(keys));
  }

  #take(number) {
    const keys = new Set();
    for (const [sent, edit] of this.#outbox) {
      if (sent > number) break;
      this.#outbox.delete(sent);
      this.#added.delete(sent);
      for (const key of edit.keys) keys.add(key);
    }
    this.#tell((view) => view.repaint([...keys]));
  }

  #post(type, content, keys, count = keys.length) {
    this.#sent += 1;
    this.#outbox.set(this.#sent, { keys, count });
    this.#send({ type, client: this.client, number: this.#sent, ...content });
    this.#tell((view) => view.count());
    return this.#sent;
  }

  #tidy(cell) {
    const column = this.column(cell.column);
    if (column.kind === "check") return { ...cell, text: isTicked(cell.text) };
    return column.kind === "text" ? cell : { ...cell, text: cell.text.replace(/\s*\n\s*/g, " ").trim() };
  }

  #changes({ key, column, text }) {
    return this.column(column).editable && this.#byKey.has(key) && this.row(key).values[column] !== text;
  }

  #tell(what) {
    for (const view of this.views) what(view);
  }
}

function decode(columns, buffer) {
  const data = JSON.parse(new TextDecoder().decode(buffer));
  const rows = data.keys.map((key) => ({
    key,
    values: {},
    problems: new Map(),
    changed: new Map(),
    ranks: new Map(),
    pending: new Map(),
    state: "",
    stateText: "",
  }));
  for (const { name } of columns) data.values[name]?.forEach((value, index) => (rows[index].values[name] = value));
  for (const [index, name, rank] of data.ranks) rows[index].ranks.set(name, rank);
  for (const [index, name, reason] of data.problems) rows[index].problems.set(name, reason);
  for (const [index, name] of data.changed) rows[index].changed.set(name, true);
  for (const [index, state, stateText] of data.states) Object.assign(rows[index], { state, stateText });
  return rows;
}

function assign(map, name, value) {
  if (value === null || value === undefined || value === false || value === "") map.delete(name);
  else map.set(name, value);
}

function isTicked(value) {
  return typeof value === "boolean" ? value : /^\s*(true|yes|x|1|✓|☑|wahr|ja)\s*$/i.test(value);
}
