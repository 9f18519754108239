/* Finding one's way in a long conversation: a long question is folded, and on a phone a bar leads from the sources back to their answer. */

/** A question of more lines than fit (question.css) gets a button that shows the rest; a click on it does the same. */
const addUnfolding = (view) => {
  const button = element("button", "cw-link cw-unfold");
  button.type = "button";
  button.dataset.do = "unfold";
  button.hidden = true;
  view.question.after(button);
  view.unfold = button;
  setFolded(view, true);
  view.question.addEventListener("click", () => {
    const copying = String(getSelection());
    if (!button.hidden && isFolded(view) && !copying) setFolded(view, false);
  });
  folds.observe(view.question);
};

const isFolded = (view) => view.root.classList.contains("cw-folded");

const setFolded = (view, folded) => {
  view.root.classList.toggle("cw-folded", folded);
  view.unfold.textContent = folded ? "Show the whole question" : "Show less";
  view.unfold.setAttribute("aria-expanded", String(!folded));
};

const unfold = (turn) => setFolded(viewOf(turn), !isFolded(viewOf(turn)));

const measure = (view) => {
  if (!view || !isFolded(view)) return;
  const long = view.question.scrollHeight > view.question.clientHeight + 2;
  view.unfold.hidden = !long;
  view.root.classList.toggle("cw-long", long);
};
const folds = new ResizeObserver((changes) => changes.forEach(({ target }) => measure(views.get(target.closest("[data-turn]")?.dataset.turn))));

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
