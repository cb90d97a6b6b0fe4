// Text as spreadsheets put it on the clipboard: tabs, lines, and quotes around what holds either.

const NEEDS_QUOTES = /[\t\n\r]|^"/;
const QUOTED = /"((?:[^"]|"")*)"(?=\t|\r?\n|\r|$)/y;
const PLAIN = /[^\t\r\n]*/y;
const LINE_END = /\r?\n|\r/y;

export function formatBlock(rows) {
  return rows.map((row) => row.map(quote).join("\t")).join("\n");
}

/** A table of texts; the last line's end does not begin another line. */
export function parseBlock(text) {
  const rows = [[]];
  let at = 0;
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at += found[0].length;
    return found;
  };
  while (at <= text.length) {
    const quoted = match(QUOTED);
    const cell = quoted === null ? match(PLAIN)[0] : quoted[1].replaceAll('""', '"');
    rows.at(-1).push(cell.replace(/\r\n?/g, "\n"));
    if (text[at] === "\t") at += 1;
    else if (match(LINE_END) === null || at === text.length) break;
    else rows.push([]);
  }
  return rows;
}

function quote(text) {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
