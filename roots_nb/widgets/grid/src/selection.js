// Which cells are selected: Tabulator's ranges, drawn for the rows one sees and told to screen readers.

import { SelectRangeModule } from "tabulator-tables";

let views = 0;

export class Selection extends SelectRangeModule {
  static moduleName = "selectRange";

  constructor(table) {
    super(table);
    this.activeId = `rn-grid-active-${(views += 1)}`;
    this.frame = 0;
    this.active = null;
    this.isClosed = false; // while Tabulator takes a table down it still draws
  }

  get holder() {
    return this.table.rowManager.element;
  }

  get rowCount() {
    return this.table.rowManager.getDisplayRows().length;
  }

  /** Edges of what is selected and the active cell, as positions among what is shown; null where there are no rows. */
  get bounds() {
    const range = this.activeRange;
    if (!range || this.rowCount === 0 || range.start.row === undefined) return null;
    const { top, bottom, left, right } = range;
    return { top, bottom: Math.min(bottom, this.rowCount - 1), left, right, row: range.start.row, column: range.start.col };
  }

  /** Sheet rows from position to position. */
  rowsBetween(top, bottom) {
    return this.getTableRows().slice(top, bottom + 1).map((row) => row.data.row);
  }

  positionOf(key) {
    return this.getTableRows().findIndex((row) => row.data.key === key);
  }

  activeCell() {
    const cell = this.bounds === null ? null : this.getActiveCell();
    return cell ? cell.getComponent() : null;
  }

  /** Go to a cell; `extend` keeps where the selection began. */
  goTo(row, column, { extend = false } = {}) {
    if (this.rowCount === 0) return;
    const range = this.activeRange || this.addRange();
    const to = [clamp(row, this.rowCount - 1), clamp(column, this.getTableColumns().length - 1)];
    if (!extend) range.setStart(...to);
    range.setEnd(...to);
    this.selecting = "cell";
    this.#scrollTo(...to);
    this.layoutElement();
  }

  select(top, left, bottom, right) {
    this.goTo(top, left);
    this.activeRange.setEnd(clamp(bottom, this.rowCount - 1), clamp(right, this.getTableColumns().length - 1));
    this.layoutElement();
  }

  #scrollTo(row, column) {
    const { holder } = this;
    const height = this.table.options.rowHeight;
    const width = this.getTableColumns()[column].getElement();
    if (row * height < holder.scrollTop) holder.scrollTop = row * height;
    if ((row + 1) * height > holder.scrollTop + holder.clientHeight) {
      holder.scrollTop = (row + 1) * height - holder.clientHeight;
    }
    if (width.offsetLeft < holder.scrollLeft) holder.scrollLeft = width.offsetLeft;
    if (width.offsetLeft + width.offsetWidth > holder.scrollLeft + holder.clientWidth) {
      holder.scrollLeft = width.offsetLeft + width.offsetWidth - holder.clientWidth;
    }
    holder.dispatchEvent(new Event("scroll")); // the browser's own comes too late for an editor in that row
  }

  // What Tabulator does otherwise

  layoutElement() {
    if (!this.isClosed && this.activeRange && this.rowCount > 0) super.layoutElement(true); // else all rows, also those never seen
  }

  /** Tabulator would select the first cell: when it is first seen, maybe after somebody has clicked another. */
  redraw() {
    this.layoutElement();
  }

  layoutChange() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.layoutElement());
  }

  layoutRow(row) {
    super.layoutRow(row);
    row.getElement().setAttribute("aria-rowindex", row.position + 1); // the header is the first
  }

  renderCell(cell) {
    super.renderCell(cell);
    const element = cell.getElement();
    element.setAttribute("aria-selected", element.dataset.range !== "-1");
    if (this.#isActive(cell)) this.#markActive(element);
  }

  /** No overlay is drawn: it would be late while one scrolls. */
  layoutRanges() {
    const cell = !this.isClosed && this.rowCount > 0 && this.activeRange ? this.getActiveCell() : null;
    if (cell) this.#markActive(cell.getElement());
    this.table.element.dispatchEvent(new CustomEvent("rn-selected"));
  }

  initializeFocus() {
    this.table.element.focus({ preventScroll: true });
  }

  restoreFocus() {
    this.initializeFocus();
    return true;
  }

  #isActive(cell) {
    const { start } = this.activeRange || { start: {} };
    return cell.row.position - 1 === start.row && cell.column.getPosition() - 1 === start.col;
  }

  #markActive(element) {
    if (element === this.active && element.id !== "") return;
    this.active?.removeAttribute("id");
    this.active = element;
    element.id = this.activeId;
    this.table.element.setAttribute("aria-activedescendant", this.activeId);
  }

  finishEditingCell() {} // whoever closes the editor knows where the focus belongs
}

function clamp(number, last) {
  return Math.max(0, Math.min(number, last));
}
