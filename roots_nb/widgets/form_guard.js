// JupyterLab takes keys such as the arrows and Enter away from any focused element that is no text: lists and buttons
// would lose them. It looks for this attribute at the focused element alone.
const FOCUSABLE = "input, select, textarea, button";
const CALM_FRAMES = 5;

function render({ model, el }) {
  el.style.display = "none";
  const guarded = () => el.parentElement?.closest(".rn-guarded");
  const isWithin = (target) => guarded()?.contains(target) ?? false;

  function keepKeys({ target }) {
    if (isWithin(target)) target.setAttribute("data-lm-suppress-shortcuts", "true");
  }

  // What was typed last may still wait for the kernel to answer to what was typed before; a press would overtake it.
  function tellTexts({ target }) {
    if (model.get("names").length === 0 || !isWithin(target) || target.closest("button") === null) return;
    const text = (name) => guarded().querySelector(`.rn-field-${name} :is(input, textarea)`)?.value;
    model.send({ texts: Object.fromEntries(model.get("names").map((name) => [name, text(name)])) });
  }

  function firstField() {
    const fields = [...(guarded()?.querySelectorAll(FOCUSABLE) ?? [])];
    return fields.find((field) => !field.disabled && field.offsetParent !== null);
  }

  // Fields appear one after the other: the first one is known when it has been the first for a while. Who is in one
  // before that stays there, or what is being typed would go on in another.
  function focusFirst(seen, calm) {
    if (!model.get("focuses")) return;
    const first = firstField();
    const isChosen = isWithin(document.activeElement);
    if (!isChosen && (first === undefined || first !== seen || calm < CALM_FRAMES)) {
      requestAnimationFrame(() => focusFirst(first, first === seen ? calm + 1 : 0));
      return;
    }
    model.set("focuses", false); // once: another view of the form must not take it again
    model.save_changes();
    if (!isChosen) first.focus();
  }

  document.addEventListener("focusin", keepKeys);
  document.addEventListener("click", tellTexts, { capture: true });
  focusFirst(undefined, 0);
  return () => {
    document.removeEventListener("focusin", keepKeys);
    document.removeEventListener("click", tellTexts, { capture: true });
  };
}

export default { render };
