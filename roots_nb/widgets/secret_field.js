// The text lives in this closure and in the input, nowhere else: it is no part of the model, which is saved.
export default () => {
  const inputs = new Set();
  let text = "";

  function keep(model, value) {
    text = value;
    for (const input of inputs) {
      if (input.value !== value) input.value = value;
    }
    if (model.get("filled") !== value.length > 0) {
      model.set("filled", value.length > 0);
      model.save_changes();
    }
  }

  function isTyping(element) {
    return element !== null && (element.matches("input, textarea") || element.isContentEditable);
  }

  function receive(model, message) {
    if (message.type === "ask") {
      const secret = text;
      keep(model, "");
      // As a buffer: the kernel's own log writes the rest of a message down at level DEBUG.
      model.send({ type: "secret", id: message.id }, undefined, [new TextEncoder().encode(secret)]);
    }
    const [first] = inputs;
    if (message.do === "focus" && first !== undefined && !isTyping(document.activeElement)) first.focus();
  }

  function element(name, className, parent) {
    const made = document.createElement(name);
    made.className = className;
    parent.append(made);
    return made;
  }

  function render({ model, el }) {
    el.classList.add("rn-secret");
    const id = `rn-secret-${Math.random().toString(36).slice(2)}`;
    const label = element("label", "rn-secret-label", el);
    const input = element("input", "rn-secret-input", el);
    const hint = element("div", "rn-secret-hint", el);
    Object.assign(input, { type: "password", id, autocomplete: "new-password", spellcheck: false, value: text });
    input.setAttribute("data-lm-suppress-shortcuts", "true");
    input.setAttribute("aria-describedby", `${id}-hint`);
    label.htmlFor = id;
    hint.id = `${id}-hint`;

    function show() {
      label.textContent = model.get("label");
      label.title = model.get("label");
      hint.textContent = model.get("hint");
      input.placeholder = model.get("placeholder");
      input.disabled = model.get("disabled");
    }

    show();
    inputs.add(input);
    input.addEventListener("input", () => keep(model, input.value));
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        keep(model, input.value);
        model.send({ type: "submit" });
      }
    });
    model.on("change:label change:hint change:placeholder change:disabled", show);
    return () => {
      inputs.delete(input);
      model.off("change:label change:hint change:placeholder change:disabled", show);
    };
  }

  return {
    initialize({ model }) {
      const listen = (message) => receive(model, message);
      keep(model, ""); // after the page was loaded again the kernel may still believe that something is typed
      model.on("msg:custom", listen);
      return () => model.off("msg:custom", listen);
    },
    render,
  };
};
