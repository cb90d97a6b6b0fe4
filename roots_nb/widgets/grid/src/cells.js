// What a cell shows. Whatever comes from Python becomes text nodes and attributes, never HTML.

const MARKS = { new: "+", changed: "✎", removed: "✕", problem: "⚠", conflict: "⇄", done: "✓" };

/** Show `row` in the cell's element, whose children are replaced. */
export function paint(element, row, column, isWaiting) {
  element.replaceChildren(content(element, row, column, isWaiting));
}

/** Set the element's attributes and return its content. */
export function content(element, row, column, isWaiting) {
  const problem = row.problems.get(column.name) ?? "";
  const text = String(row.values[column.name] ?? "");
  element.removeAttribute("tabindex"); // the table has the focus
  element.title = column.kind === "check" ? problem : problem || (column.kind === "state" ? row.stateText : text);
  element.classList.toggle("rn-changed", row.changed.has(column.name));
  element.classList.toggle("rn-problem", problem !== "");
  element.classList.toggle("rn-waiting", isWaiting);
  setOrRemove(element, "aria-invalid", problem !== "" && "true");
  setOrRemove(element, "aria-description", problem);
  setOrRemove(element, "aria-readonly", !column.editable && "true");
  if (column.kind === "check") return tick(row.values[column.name] === true, column);
  if (column.kind === "state") return mark(row);
  return plain(text, problem !== "");
}

/** The row's own look. */
export function paintRow(element, row) {
  element.classList.toggle("rn-removed", row.state === "removed");
}

function plain(text, hasProblem) {
  const parts = document.createDocumentFragment();
  if (hasProblem) parts.append(span("rn-mark rn-mark-problem", MARKS.problem, { "aria-hidden": "true" }));
  parts.append(text.replaceAll("\n", " ↵ "));
  return parts;
}

function tick(isTicked, column) {
  const box = span("rn-tick", isTicked ? "✓" : "");
  box.setAttribute("role", "checkbox");
  box.setAttribute("aria-checked", isTicked);
  box.setAttribute("aria-label", column.title);
  setOrRemove(box, "aria-disabled", !column.editable && "true");
  return box;
}

function mark(row) {
  const parts = document.createDocumentFragment();
  if (row.state in MARKS) {
    parts.append(span(`rn-mark rn-mark-${row.state}`, MARKS[row.state], { "aria-hidden": "true" }));
  }
  parts.append(row.stateText);
  return parts;
}

function span(className, text, attributes = {}) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function setOrRemove(element, name, value) {
  if (value) element.setAttribute(name, value);
  else element.removeAttribute(name);
}
