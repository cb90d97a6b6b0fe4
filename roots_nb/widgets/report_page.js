// The page comes escaped from Python; here its numbers become buttons that lead to their worklogs. They are no stops of
// the Tab key, which would be hundreds: whoever uses the keyboard chooses the same below the page.
function render({ model, el }) {
  function lead(cell) {
    const number = document.createElement("button");
    Object.assign(number, { type: "button", tabIndex: -1, title: "Show the worklogs" });
    number.append(...cell.childNodes);
    cell.append(number);
  }

  function draw() {
    el.innerHTML = model.get("value");
    el.querySelectorAll("[data-rows]").forEach(lead);
  }

  function press({ target }) {
    const cell = target.closest("button")?.closest("[data-rows]");
    if (cell) model.send({ rows: JSON.parse(cell.dataset.rows) });
  }

  // After their list has grown below the page.
  function goThere() {
    requestAnimationFrame(() => el.closest(".rn-picker")?.querySelector(".rn-behind")?.scrollIntoView());
  }

  el.classList.add("rn-leading");
  el.addEventListener("click", press);
  draw();
  model.on("change:value", draw);
  model.on("msg:custom", goThere);
  return () => {
    model.off("change:value", draw);
    model.off("msg:custom", goThere);
  };
}

export default { render };
