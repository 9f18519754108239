/* The table of the library: what is listed, brought from the server a part at a time, and drawn as far as it is in sight. The scroller is
   as tall as all rows are. A row has the same height as any other (catalogue.css). */

const SHELF = "citewise:shelf";
const SOON_MS = 200;
const KEPT_PARTS = 12;
const NEWS_MS = 5000;
const LATER_FIRST = ["year", "added", "flags"]; // columns that begin with the highest

const table = {
  query: { words: "", flag: "", column: "added", descending: true },
  told: null, // what the server said last of all that is listed
  parts: new Map(), // by number the rows of each part
  asked: new Set(), // parts that are on their way
  run: {}, // what is listed now: of an earlier one nothing is taken any more
  row: 0, // its height
  at: -1, // the row that the keys have come to
  stale: true, // whether it is to be brought before it is shown again
  anew: false, // and from its top
  near: "", // the paper that was in sight before a reload
};

const shelf = () => byId("cw-rows");
const shelfRow = (n) => table.parts.get(Math.floor(n / FACTS.pageRows))?.[n % FACTS.pageRows];
const seesShelf = () => viewNow() === "library";

/* --- what the server brings ------------------------------------------------------------------------------------------------------- */

const sendShelf = (more) => server?.listed({ ...table.query, filter: filterNow(), ...more }).catch(() => null);

/** List anew what is asked for now. `near` is the paper that stays where it is seen, `above` how far below the top that is. */
const listShelf = async ({ near = "", above = 0, start = 0 } = {}) => {
  const run = (table.run = {});
  table.asked.clear();
  keepShelf();
  const answer = await sendShelf({ near, start });
  if (run !== table.run) return false;
  if (!answer || answer.error) {
    table.stale = true;
    if (!answer) void lookAgain();
    drawNothing("", answer?.error ?? "The server does not answer. The list comes as soon as it does.", "list-again");
    return false;
  }
  table.stale = table.anew = false;
  table.parts.clear();
  table.told = answer;
  if (!answer.found || answer.start >= answer.found) {
    if (answer.found) return listShelf();
  } else table.parts.set(answer.start / FACTS.pageRows, rowsOf(answer.html));
  drawTold();
  if (answer.found) {
    measureRows();
    shelf().scrollTop = answer.place === null ? start * table.row : answer.place * table.row - above;
  }
  if (answer.place === null && near) table.at = -1;
  drawRows();
  return true;
};

const rowsOf = (html) => {
  const rows = [...document.createRange().createContextualFragment(html).children];
  rows.forEach(localDays);
  return rows;
};

/** Bring a part of what is listed. Where the library has changed since, all of it is listed anew. */
const bringPart = async (n) => {
  if (table.asked.has(n) || table.parts.has(n)) return;
  table.asked.add(n);
  const run = table.run;
  const answer = await sendShelf({ start: n * FACTS.pageRows });
  if (run !== table.run) return;
  table.asked.delete(n);
  if (!answer || answer.error) return void (bringPart.timer = setTimeout(() => run === table.run && drawRows(), NEWS_MS));
  if (answer.revision !== table.told.revision) return void takeOver();
  table.parts.set(n, rowsOf(answer.html));
  const far = [...table.parts.keys()].sort((one, other) => Math.abs(other - n) - Math.abs(one - n));
  for (const other of far.slice(0, Math.max(0, far.length - KEPT_PARTS))) table.parts.delete(other);
  drawRows();
};

/** The first row in sight, to come back to. */
const inSight = () => {
  const first = Math.max(0, Math.floor(shelf().scrollTop / (table.row || 1)));
  const row = table.at >= 0 && shelfRow(table.at)?.isConnected ? table.at : first;
  return { near: shelfRow(row)?.dataset.paper ?? "", above: row * table.row - shelf().scrollTop, start: row };
};

/** The list anew, with what is seen of it where it is. For whoever has changed the library, too. */
const reloadCatalogue = async () => {
  table.stale = true;
  if (!seesShelf() || !ready) return;
  const at = shelfRow(table.at)?.dataset.paper;
  const focused = inSight();
  const listed = await listShelf(focused);
  if (listed && at && at === focused.near) setAt(table.told.place ?? -1);
  await keepTicks();
  if (listed) await refreshPaper();
};

/** Other papers are chosen: the list begins at its top. */
const filterShelf = () => {
  table.at = -1;
  table.anew = true;
  return seesShelf() && ready ? listShelf() : null;
};

/** The library has changed underneath: what is shown becomes what it is now, and says so. */
const takeOver = async () => {
  const before = table.told?.every;
  await reloadCatalogue();
  const now = table.told?.every;
  const words = now === before ? "The library has changed; the list is up to date." : `The library has changed: ${table.told?.count} now.`;
  if (!table.stale && !watchUndo.record && !editsNow()) toast(words); // of an edit that goes on here more is told
};

/** Ask now and then whether the library has changed. */
setInterval(async () => {
  if (!byId("cw") || !seesShelf() || document.hidden || gone || !ready) return;
  if (table.stale) return void showShelf();
  const run = table.run;
  const state = await server?.library_state({}).catch(() => null);
  if (run === table.run && state && !state.error && table.told && state.revision !== table.told.revision) void takeOver();
}, NEWS_MS);

/* --- the query ---------------------------------------------------------------------------------------------------------------------- */

/** This tab comes back to its list after a reload. */
const keepShelf = () => put(session, SHELF, JSON.stringify({ ...table.query, near: table.told ? inSight().near : "" }));

/** What was listed before a reload. */
const recallShelf = () => {
  const kept = parse(session.getItem(SHELF)) ?? {};
  const { query } = table;
  for (const name of ["words", "flag", "column"]) if (typeof kept[name] === "string") query[name] = kept[name];
  if (typeof kept.descending === "boolean") query.descending = kept.descending;
  byId("cw-filter").value = query.words;
  table.near = typeof kept.near === "string" ? kept.near : "";
};

/** The words by which papers are listed: those that were typed, or what was meant by them. */
const searchedShelf = () => table.told?.words || table.query.words;

const searchShelf = (changes) => {
  Object.assign(table.query, changes);
  table.at = -1;
  return ready ? listShelf() : null;
};

const sortBy = (column) => {
  const { query } = table;
  const descending = column === query.column ? !query.descending : LATER_FIRST.includes(column);
  return searchShelf({ column, descending });
};

/** Called when the view comes up, and when there is news of whether the library is there. */
const showShelf = async () => {
  if (!ready) {
    const failed = lastStatus?.state === "failed";
    if (failed) drawNothing("", `The library could not be opened. ${lastStatus.note}`, "reload");
    else drawNothing("", "The library is being opened …");
    return;
  }
  const awaited = paperAwaited;
  paperAwaited = "";
  if (awaited) void openPaper(awaited, { push: false });
  if (table.anew && table.told) await listShelf();
  else if (table.told && !table.stale) drawRows();
  else if (table.told) await reloadCatalogue();
  else {
    // What searching looks through is got ready before anything is typed.
    if (await listShelf({ near: awaited || table.near })) void server?.names({ kind: "authors", words: "" }).catch(() => null);
  }
};

Object.assign(VIEWS.library, {
  shown: () => {
    void showShelf();
    if (!NARROW.matches) byId("cw-filter").focus();
  },
  news: () => void showShelf(),
  address: () => (shownPaper() ? { hash: PAPER_HASH + encodeURIComponent(shownPaper()), title: paperShown.title } : {}),
  escape: () => shownPaper() && closePaper(),
  field: () => byId("cw-filter"),
});

Object.assign(DO, {
  "open-papers": () => showView("library"),
  "sort-papers": (button) => void sortBy(button.dataset.column),
  "turn-order": () => void searchShelf({ descending: !table.query.descending }),
  "list-flag": async ({ dataset }) => {
    const flag = table.query.flag === dataset.flag ? "" : dataset.flag;
    await searchShelf({ flag });
    (byId("cw-shelf-flags").querySelector(`[data-flag="${dataset.flag || "none"}"]`) ?? byId("cw-filter")).focus();
  },
  "list-again": () => void reloadCatalogue(),
  "clear-words": () => {
    byId("cw-filter").value = "";
    byId("cw-filter").focus();
    void searchShelf({ words: "" });
  },
  "choose-every": () => {
    void choose(null);
    byId("cw-filter").focus();
    sayChoice();
  },
});
