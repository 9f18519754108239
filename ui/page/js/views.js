/* The views of the page: questions and answers, the library, its map. One is shown at a time; none loses what it holds. */

const VIEWS = {
  ask: { place: "cw-chat", shown: () => NARROW.matches || byId("cw-box").focus() },
  library: { place: "cw-catalogue", shown: () => {} },
  map: { place: "cw-map", shown: () => {} },
}; // `shown` is called each time that a view comes up; the scripts of the views put theirs in its place

const viewNow = () => byId("cw").dataset.view;

/** Show one of the views; `filter` of what is asked and everything in the other views stay as they are. */
const showView = (name) => {
  if (!VIEWS[name] || viewNow() === name) return;
  side(false);
  byId("cw").dataset.view = name;
  for (const button of byId("cw-views").querySelectorAll("[data-view]")) {
    if (button.dataset.view === name) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  for (const [one, { place }] of Object.entries(VIEWS)) if (one !== "ask") byId(place).hidden = one !== name;
  VIEWS[name].shown();
};

DO.view = (button) => showView(button.dataset.view);
