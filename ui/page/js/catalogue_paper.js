/* One paper with all that is kept of it: beside the table, or on a phone in its place. It has an address, and Back leads out of it. */

const MERGE_MS = 700;
const paperShown = { id: "", title: "", pushed: false, run: {} };

/** The id of the paper that is open; "" for none. */
const shownPaper = () => paperShown.id;

const drawPaper = (answer) => {
  fill(byId("cw-paper-body"), answer.html);
  localDays(byId("cw-paper-body"));
  paperShown.id = answer.id;
  paperShown.title = answer.title;
  if (answer.undoing) void watchUndo(answer.undoing);
};

/** The paper beside the table; `push` makes Back lead out of it, `focus` leads there. */
const openPaper = async (id, { push = true, focus = true } = {}) => {
  const run = (paperShown.run = {});
  const answer = await call("paper", { paper: id, words: searchedShelf() });
  if (!answer || run !== paperShown.run) return;
  const was = paperShown.id;
  if (!was && push) {
    leave();
    paperShown.pushed = true;
  }
  byId("cw-paper").hidden = false;
  byId("cw-catalogue").classList.add("cw-detailed");
  drawPaper(answer);
  byId("cw-paper").scrollTop = 0;
  inertShelf();
  follow();
  drawRows();
  if (focus) byId("cw-paper").querySelector("h3").focus({ preventScroll: true });
};

/** On a phone the paper covers the table, which no key leads to then. */
const inertShelf = () => {
  byId("cw-shelf").inert = NARROW.matches && !!paperShown.id;
};
NARROW.addEventListener("change", () => byId("cw") && inertShelf());

const hidePaper = () => {
  paperShown.run = {};
  const { id } = paperShown;
  Object.assign(paperShown, { id: "", title: "", pushed: false });
  byId("cw-paper").hidden = true;
  byId("cw-catalogue").classList.remove("cw-detailed");
  inertShelf();
  drawRows();
  return id;
};

/** Close the paper: as Back does where opening it was the last step. */
const closePaper = () => {
  const inside = byId("cw-paper").contains(document.activeElement);
  const { pushed } = paperShown;
  hidePaper();
  if (pushed && OURS && !FRAMED) history.back();
  else follow();
  if (inside) shelf().focus({ preventScroll: true });
};

/** What is shown of the paper anew, with what the library says of it now. */
const refreshPaper = async () => {
  if (!paperShown.id) return;
  const { run } = paperShown;
  const answer = await server?.paper({ paper: paperShown.id, words: searchedShelf() }).catch(() => null);
  if (answer && !answer.error && run === paperShown.run) drawPaper(answer);
};

/** From anywhere on the page: the library, with this paper open. */
const showPaper = (id) => {
  showView("library");
  return openPaper(id);
};

/* --- merges ------------------------------------------------------------------------------------------------------------------------ */

const undoOf = (record) => byId("cw-paper-body").querySelector(`.cw-undo[data-record="${CSS.escape(record)}"]`);

const sayUndo = (record, words) => {
  for (const button of byId("cw-paper-body").querySelectorAll("[data-do=ask-undo]")) button.disabled = true;
  const place = undoOf(record);
  if (place) place.querySelector(".cw-undo-state").textContent = words;
};

/** Follow the undoing of a merge until it has ended, also where another tab began it. */
const watchUndo = async (record) => {
  if (watchUndo.record === record) return;
  watchUndo.record = record;
  try {
    for (;;) {
      const now = await server?.merge_state({ record }).catch(() => null);
      if (now?.state === "running") sayUndo(record, `${now.note} … ${Math.round(now.seconds)} s`);
      else if (now && !now.error) return await endUndo(record, now);
      await new Promise((later) => setTimeout(later, MERGE_MS));
    }
  } finally {
    watchUndo.record = "";
  }
};

const endUndo = async (record, { state, note }) => {
  const seen = undoOf(record);
  byId("cw-paper-body").html = null; // drawn even where nothing of it has changed
  await reloadCatalogue();
  if (!seesShelf() && paperShown.id) await refreshPaper();
  toast(note || "The server was started anew meanwhile. What is shown is the library as it is.");
  if (seen && state === "done") byId("cw-paper").querySelector("h3").focus({ preventScroll: true });
};

const undoMerge = async (place) => {
  const { record } = place.dataset;
  const answer = await call("undo_merge", { record });
  if (!answer) return;
  place.querySelector(".cw-undo-sure").hidden = true;
  sayUndo(record, `${answer.note} …`);
  void watchUndo(record);
};

const askUndo = (place, asks) => {
  place.querySelector(".cw-undo-sure").hidden = !asks;
  place.querySelector("[data-do=ask-undo]").hidden = asks;
  place.querySelector(asks ? "[data-do=undo-merge]" : "[data-do=ask-undo]").focus();
};

Object.assign(DO, {
  "open-paper": (button) => void openPaper(button.closest("[data-paper]").dataset.paper),
  "close-paper": closePaper,
  "ask-of-paper": () => void askOfThese({ ids: [paperShown.id] }),
  "ask-undo": (button) => askUndo(button.closest(".cw-undo"), true),
  "cancel-undo": (button) => askUndo(button.closest(".cw-undo"), false),
  "undo-merge": (button) => void undoMerge(button.closest(".cw-undo")),
});
