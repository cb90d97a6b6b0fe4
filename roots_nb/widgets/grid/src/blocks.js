// Blocks of cells: copy, paste, fill down, empty. Each changes the sheet in one step.

import { formatBlock, parseBlock } from "./clipboard.js";

export function copy(rows, columns) {
  const shown = (value) => (typeof value === "boolean" ? String(value).toUpperCase() : String(value ?? ""));
  const text = (row, column) => (column.kind === "state" ? row.stateText : shown(row.values[column.name]));
  return formatBlock(rows.map((row) => columns.map((column) => text(row, column))));
}

export function emptied(rows, columns) {
  return cells(rows, columns, (_row, column) => (column.kind === "check" ? false : ""));
}

export function filledDown([first, ...below], columns) {
  return cells(below, columns, (_row, column) => first.values[column.name]);
}

/**
 * What pasting `text` does at the top left of a selection of `height` × `width` cells: a block is repeated as often as
 * it fits into the selection.
 *
 * Returns the cells to write, the drafts of rows that are missing below, and how many cells found no place.
 */
export function pasted(text, { rows, columns, height, width }) {
  const block = parseBlock(text);
  const tall = height % block.length === 0 ? height : block.length;
  const blockWidth = Math.max(...block.map((row) => row.length));
  const wide = width % blockWidth === 0 ? width : blockWidth;
  const at = (row, column) => block[row % block.length][column % blockWidth];
  const written = [];
  const drafts = [];
  let lost = 0;
  for (let down = 0; down < tall; down += 1) {
    const draft = {};
    for (let right = 0; right < wide; right += 1) {
      const value = at(down, right);
      const column = columns[right];
      if (value === undefined) continue;
      if (column === undefined || !column.editable) lost += 1;
      else if (down < rows.length) written.push({ key: rows[down].key, column: column.name, text: value });
      else draft[column.name] = value;
    }
    if (down >= rows.length) drafts.push(draft);
  }
  return { written, drafts, lost };
}

export function pasteReport(changed, added, missing) {
  const parts = [`Pasted: ${changed} ${changed === 1 ? "cell" : "cells"} changed`];
  if (added > 0) parts.push(`${added} ${added === 1 ? "row" : "rows"} added`);
  if (missing > 0) parts.push(`${missing} left out, because they fell on read-only cells or outside the table`);
  return `${parts.join(", ")}.`;
}

function cells(rows, columns, text) {
  const editable = columns.filter((column) => column.editable);
  return rows.flatMap((row) =>
    editable.map((column) => ({ key: row.key, column: column.name, text: text(row, column) })),
  );
}
