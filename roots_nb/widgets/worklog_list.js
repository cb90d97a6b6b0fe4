// The table comes escaped from Python; here its rows get their buttons. The whole list is one stop of the Tab key, the
// arrow keys lead through it: after hundreds of rows the form below would be hundreds of Tabs away.
const STOPS = "a[href], button";

function render({ model, el }) {
  el.classList.add("rn-worklogs");
  let at = { line: 0, place: 0, key: "" };

  const lines = () => [...el.querySelectorAll("tbody tr")].map((tr) => [...tr.querySelectorAll(STOPS)]);

  function button(key, [action, text, label]) {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: text, title: label });
    Object.assign(made.dataset, { action, key });
    made.setAttribute("aria-label", label);
    return made;
  }

  function addActions(tr, row) {
    const cell = document.createElement("td");
    cell.className = "rn-actions";
    tr.dataset.key = row.key;
    cell.append(...row.actions.map((action) => button(row.key, action)));
    tr.append(cell);
  }

  // There, or as near as there is something.
  function stopAt(line, place) {
    const all = lines();
    const filled = all.map((stops, n) => n).filter((n) => all[n].length > 0);
    if (filled.length === 0) return undefined;
    const nearest = filled.reduce((best, n) => (Math.abs(n - line) < Math.abs(best - line) ? n : best));
    const { key } = el.querySelectorAll("tbody tr")[nearest].dataset;
    at = { line: nearest, place: Math.min(place, all[nearest].length - 1), key };
    for (const stop of all.flat()) stop.tabIndex = -1;
    const stop = all[at.line][at.place];
    stop.tabIndex = 0;
    return stop;
  }

  function draw() {
    const hadFocus = el.contains(document.activeElement);
    el.innerHTML = model.get("html");
    const rows = model.get("rows");
    el.querySelectorAll("tbody tr").forEach((tr, n) => addActions(tr, rows[n]));
    const head = document.createElement("th");
    Object.assign(head, { scope: "col", textContent: "Actions", className: "rn-actions" });
    el.querySelector("thead tr")?.append(head);
    el.querySelector(".rn-scroll")?.removeAttribute("tabindex");
    mark();
    const same = rows.findIndex((row) => row.key === at.key);
    const stop = stopAt(same === -1 ? at.line : same, at.place);
    if (hadFocus) stop?.focus();
  }

  function mark() {
    for (const tr of el.querySelectorAll("tbody tr")) {
      const isCurrent = model.get("current") !== "" && tr.dataset.key === model.get("current");
      tr.classList.toggle("rn-current", isCurrent);
      if (isCurrent) tr.setAttribute("aria-current", "true");
      else tr.removeAttribute("aria-current");
    }
    reveal();
  }

  // Within the list alone: the page is where the person has put it.
  function reveal() {
    const row = el.querySelector(".rn-current")?.getBoundingClientRect();
    const list = el.getBoundingClientRect();
    if (row !== undefined) el.scrollTop += Math.min(0, row.top - list.top) + Math.max(0, row.bottom - list.bottom);
  }

  function next(key) {
    const all = lines();
    const step = { ArrowDown: 1, ArrowUp: -1 }[key] ?? 0;
    const aside = { ArrowRight: 1, ArrowLeft: -1 }[key] ?? 0;
    let line = { Home: 0, End: all.length - 1 }[key] ?? at.line + step;
    while (step !== 0 && all[line]?.length === 0) line += step;
    if (all[line] === undefined) return undefined;
    return stopAt(line, Math.max(0, at.place + aside));
  }

  el.addEventListener("keydown", (event) => {
    if (!/^(Arrow|Home$|End$)/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    next(event.key)?.focus();
  });
  el.addEventListener("focusin", ({ target }) => {
    target.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab looks at the focused element alone
    lines().forEach((stops, line) => {
      if (stops.includes(target)) stopAt(line, stops.indexOf(target));
    });
  });
  el.addEventListener("click", ({ target }) => {
    const pressed = target.closest("button[data-action]");
    if (pressed !== null) model.send({ action: pressed.dataset.action, key: pressed.dataset.key });
  });
  draw();
  const resized = new ResizeObserver(reveal);
  resized.observe(el);
  model.on("change:html", draw);
  model.on("change:current", mark);
  return () => {
    resized.disconnect();
    model.off("change:html", draw);
    model.off("change:current", mark);
  };
}

export default { render };
