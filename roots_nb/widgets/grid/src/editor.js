// The input in a cell. It is closed by its own keys or by leaving it, never by news from Python.

const MAX_HEIGHT = 180;
let started = ""; // how the next editor is opened: "typing" replaces the text, anything else keeps it

export function openEditor(cell, how) {
  started = how;
  cell.edit();
}

/** Tabulator's editor for `column`; `close(input, text)` gets the text, or null to leave it as it was. */
export function editorOf(column, rowOf, close) {
  return (cell, onRendered, _success, cancel) => {
    const input = document.createElement(column.kind === "text" ? "textarea" : "input");
    input.className = "rn-editor";
    input.rows = 1;
    input.spellcheck = false;
    input.value = started === "typing" ? "" : rowOf(cell).values[column.name];
    input.dataset.typing = started === "typing";
    input.setAttribute("aria-label", column.title);
    started = "";
    let isOpen = true;
    const finish = (text) => {
      if (!isOpen) return;
      isOpen = false;
      close(cell, text);
      cancel();
    };
    input.finish = finish;
    input.addEventListener("input", () => grow(input));
    input.addEventListener("blur", () => document.activeElement !== input && finish(input.value));
    onRendered(() => {
      input.focus({ preventScroll: true });
      if (input.dataset.typing === "false") input.select();
      grow(input);
    });
    return input;
  };
}

/** As high as its text, and upwards where there is no room below. */
function grow(input) {
  if (input.tagName !== "TEXTAREA") return;
  input.style.height = "auto";
  const height = Math.min(input.scrollHeight + 4, MAX_HEIGHT);
  input.style.height = `${height}px`;
  const room = input.closest(".tabulator-tableholder").getBoundingClientRect().bottom;
  const isUp = input.parentElement.getBoundingClientRect().top + height > room;
  input.style.inset = isUp ? "auto 0 0" : "0 0 auto";
}
