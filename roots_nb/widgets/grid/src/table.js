// Tabulator's table: how it is set up for a sheet, and how a row of it is drawn again.

import {
  EditModule,
  FilterModule,
  FormatModule,
  FrozenColumnsModule,
  InteractionModule,
  ResizeColumnsModule,
  ResizeTableModule,
  SortModule,
  Tabulator,
} from "tabulator-tables";

import { content, paint, paintRow } from "./cells.js";
import { editorOf } from "./editor.js";
import { Selection } from "./selection.js";

class ResizeLater extends ResizeTableModule {
  static moduleName = "resizeTable";

  /** An open editor would be lost with its cell: all is drawn anew when the table is first scrolled to. */
  redrawTable(force) {
    const editor = this.table.element.querySelector(".rn-editor");
    if (this.table.destroyed) return;
    if (editor === null) super.redrawTable(force);
    else editor.addEventListener("blur", () => setTimeout(() => this.redrawTable(force)), { once: true });
  }
}

Tabulator.registerModule([
  EditModule,
  FilterModule,
  FormatModule,
  FrozenColumnsModule, // ranges need it
  InteractionModule,
  ResizeColumnsModule,
  ResizeLater,
  Selection,
  SortModule,
]);

const ROW_HEIGHT = 28;
const MAX_HEIGHT = 480;
const TITLE_CHARACTER = 8;
const TITLE_MARGIN = 36;
const ALIGNMENT = { number: "right", check: "center" };
const TYPED = ["text", "key", "number"];
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** `on.close(row, column, text)` when an editor is closed, text null to leave it; `on.tick(row, column)`. */
export function makeTable(element, sheet, on) {
  return new Tabulator(element, {
    autoResize: true,
    columnDefaults: { headerSortTristate: true, headerWordWrap: false, resizable: "header" },
    columns: sheet.columns.map((column, index) => definition(column, index, sheet, on)),
    data: sheet.rows.map(dataOf),
    editTriggerEvent: "dblclick",
    index: "key",
    layout: "fitColumns",
    maxHeight: MAX_HEIGHT,
    nestedFieldSeparator: false,
    placeholder: () => (sheet.rows.length > 0 ? "No row has all of these words." : "There are no rows."),
    rowFormatter: (row) => paintRow(row.getElement(), rowOf(row)),
    rowHeight: ROW_HEIGHT,
    selectableRange: 1,
    selectableRangeAutoFocus: false,
  });
}

/** What Tabulator holds of a row; all that is shown is read from the sheet. */
export function dataOf(row) {
  return { key: row.key, row };
}

export function columnOf(cell, sheet) {
  return sheet.columns[Number(cell.getField().slice(1))];
}

/** Draw a row again, but for the cell in which an editor is open. */
export function repaintRow(shown, sheet) {
  if (!shown.getElement().isConnected) {
    shown.reformat(); // it is drawn when it is scrolled to
    return;
  }
  const row = rowOf(shown);
  paintRow(shown.getElement(), row);
  for (const cell of shown.getCells()) {
    const column = columnOf(cell, sheet);
    const isOpen = cell.getElement().querySelector(".rn-editor") !== null;
    if (!isOpen) paint(cell.getElement(), row, column, sheet.isWaiting(row, column.name));
  }
}

function definition(column, index, sheet, on) {
  const width = Math.max(column.width, column.title.length * TITLE_CHARACTER + TITLE_MARGIN);
  return {
    title: escaped(column.title),
    field: `c${index}`,
    cssClass: `rn-kind-${column.kind}`,
    hozAlign: ALIGNMENT[column.kind],
    headerHozAlign: ALIGNMENT[column.kind],
    ...(column.kind === "text" ? { minWidth: width, widthGrow: 1 } : { width }),
    sorter: (_a, _b, one, other, _column, direction) => compare(rowOf(one), rowOf(other), column, direction),
    formatter: (cell) => content(cell.getElement(), rowOf(cell), column, sheet.isWaiting(rowOf(cell), column.name)),
    ...(column.editable ? interaction(column, on) : {}),
  };
}

function interaction(column, on) {
  if (TYPED.includes(column.kind)) {
    return { editor: editorOf(column, rowOf, (cell, text) => on.close(rowOf(cell), column, text)) };
  }
  return { cellClick: (event, cell) => event.target.matches(".rn-tick") && on.tick(rowOf(cell), column) };
}

function rowOf(shown) {
  return shown.getData().row;
}

/** By the number behind the text if both have one, else as people sort; empty ones last. */
function compare(one, other, column, direction) {
  const [first, second] = [one, other].map((row) => ({ text: textOf(row, column), rank: row.ranks.get(column.name) }));
  const emptyLast = (first.text === "") - (second.text === "");
  if (emptyLast !== 0) return direction === "asc" ? emptyLast : -emptyLast;
  if (first.rank !== undefined && second.rank !== undefined) return first.rank - second.rank;
  return collator.compare(first.text, second.text);
}

function textOf(row, column) {
  return column.kind === "state" ? row.stateText : String(row.values[column.name] ?? "");
}

function escaped(text) {
  const holder = document.createElement("span");
  holder.textContent = text;
  return holder.innerHTML; // Tabulator sets titles as HTML
}
