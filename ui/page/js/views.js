/* The views of the page: questions and answers, the library, its map. One is shown at a time; none loses what it holds. Each has an address
   (address.js), and Back leads through them. */

/* What the scripts of a view put in its place here: `shown` is called each time that it comes up, `news` where it is there and something
   is known of whether the library is; `address` gives its hash and title, `escape` is what Esc does, `field` what / leads to. */
const VIEWS = {
  ask: { place: "cw-chat", shown: () => NARROW.matches || byId("cw-box").focus() },
  library: { place: "cw-catalogue", shown: () => {} },
  map: { place: "cw-map", shown: () => {} },
};

const viewNow = () => byId("cw").dataset.view;

const drawView = (name) => {
  side(false);
  paperShown.pushed = false; // Back leads to another view now, and no more out of the paper
  byId("cw").dataset.view = name;
  for (const button of byId("cw-views").querySelectorAll("[data-view]")) {
    if (button.dataset.view === name) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  for (const [one, { place }] of Object.entries(VIEWS)) if (one !== "ask") byId(place).hidden = one !== name;
  VIEWS[name].shown();
};

/** Show one of the views; `filter` of what is asked and everything in the other views stay as they are. */
const showView = (name) => {
  if (!VIEWS[name] || viewNow() === name) return;
  leave();
  drawView(name);
  follow();
};

/** Show what the address names, without a step in the history. */
const followAddress = () => {
  const { view, paper } = addressedView();
  if (view !== viewNow()) drawView(view);
  if (view === "library" && paper !== shownPaper()) void (paper ? openPaper(paper, { push: false }) : hidePaper());
  return view;
};

/** The view that the address names, when the page begins; a question in it is asked in the chat. */
const beginView = () => {
  const { view, paper } = addressedView();
  if (view === "ask" || new URL(location.href).searchParams.get("q")) return;
  paperAwaited = paper;
  drawView(view);
};
let paperAwaited = ""; // to be opened as soon as the library is there

DO.view = (button) => showView(button.dataset.view);
