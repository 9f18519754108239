/* Finding one's way in a long conversation: a long question is cut short, and on a phone a bar leads from the sources back to their answer. */

/** A question of more lines than fit (question.css) gets a button that shows the rest; a click on it does the same. */
const addClamp = (view) => {
  const button = element("button", "cw-link cw-whole");
  button.type = "button";
  button.dataset.do = "whole-question";
  button.hidden = true;
  view.question.after(button);
  view.whole = button;
  setClamped(view, true);
  view.question.addEventListener("click", () => {
    const copying = String(getSelection());
    if (!button.hidden && isClamped(view) && !copying) setClamped(view, false);
  });
  clamps.observe(view.question);
};

const isClamped = (view) => view.root.classList.contains("cw-clamped");

const setClamped = (view, clamped) => {
  view.root.classList.toggle("cw-clamped", clamped);
  view.whole.textContent = clamped ? "Show the whole question" : "Show less";
  view.whole.setAttribute("aria-expanded", String(!clamped));
};

const measureClamp = (view) => {
  if (!view || !isClamped(view)) return;
  const long = view.question.scrollHeight > view.question.clientHeight + 2;
  view.whole.hidden = !long;
  view.root.classList.toggle("cw-long", long);
};
const clamps = new ResizeObserver((changes) => {
  for (const { target } of changes) measureClamp(views.get(target.closest("[data-turn]")?.dataset.turn));
});

/* --- from the sources back to their answer ---------------------------------------------------------------------------------------- */

/** The turn whose sources fill the screen while its answer, or the number that led to them, is above it; null where there is none. */
const amongSources = () => {
  const log = byId("cw-log").getBoundingClientRect();
  for (const view of NARROW.matches ? views.values() : []) {
    if (!view.sheet.open || view.sheet.hidden) continue;
    const sheet = view.sheet.getBoundingClientRect();
    const from = view.chip?.isConnected ? view.chip : view.answer;
    if (sheet.top < log.top + log.height / 2 && sheet.bottom > log.top + 40 && from.getBoundingClientRect().bottom < log.top) return view;
  }
  return null;
};

const drawWayBack = () => {
  byId("cw-back").hidden = !amongSources();
};

const toAnswer = () => {
  const view = amongSources();
  if (!view) return;
  const chip = view.chip?.isConnected ? view.chip : null;
  (chip ?? view.root).scrollIntoView({ block: chip ? "center" : "start", behavior: calm() });
  (chip ?? view.root).focus({ preventScroll: true });
  view.chip = null;
};
