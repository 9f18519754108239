/* What is ticked in the table of the library, and what is done with it: asked, exported, removed. Ticks stay while the list changes. */

const ticked = new Set(); // ids of papers
let tickedFrom = -1; // the row that was ticked last: Shift ticks all from there
let tickedAll = ""; // the list of which all was ticked; "" where that is not so

/** The ids of the ticked papers. */
const catalogueTicked = () => [...ticked];

/** What is listed now, as a text that is another one when something else is. */
const listSign = () => JSON.stringify([table.query, filterNow(), table.told?.revision]);

const drawTick = (row) => {
  const on = ticked.has(row.dataset.paper);
  row.querySelector("input").checked = on;
  row.setAttribute("aria-selected", String(on));
};

/** The papers that are meant by what is done with these: ticked ones, else all that are listed. */
const meantCount = () => ticked.size || table.told?.found || 0;
const papersOf = (n) => `${n.toLocaleString("en")} ${n === 1 ? "paper" : "papers"}`;

const drawTicks = () => {
  const found = table.told?.found ?? 0;
  const { words, flag } = table.query;
  const all = ticked.size > 0 && tickedAll === listSign();
  const box = byId("cw-tick-all");
  box.checked = all;
  box.indeterminate = ticked.size > 0 && !all;
  box.disabled = !found && !ticked.size;
  byId("cw-ticked").textContent = ticked.size ? `${ticked.size.toLocaleString("en")} ticked` : `Tick all ${found ? found.toLocaleString("en") : ""}`;
  const shelfOf = byId("cw-shelf");
  const asks = shelfOf.querySelector("[data-do=ask-of-these]");
  asks.hidden = !ticked.size && !((words || flag) && found);
  asks.textContent = meantCount() === 1 ? "Ask of this paper" : `Ask of these ${papersOf(meantCount())}`;
  shelfOf.querySelector("[data-do=untick]").hidden = !ticked.size;
  const removes = shelfOf.querySelector("[data-do=remove-papers]");
  if (removes) {
    removes.hidden = !ticked.size;
    removes.textContent = `Remove ${papersOf(ticked.size)} …`;
  }
  for (const row of byId("cw-rows-body").children) drawTick(row);
};

const setTicks = (ids, on) => {
  for (const id of ids) on ? ticked.add(id) : ticked.delete(id);
  if (!on) tickedAll = "";
  drawTicks();
};

/** The ids of the papers of some rows, `stop` not included; null where the server does not give them. */
const idsOf = async (start, stop) => {
  const here = [];
  for (let n = start; n < stop; n++) {
    const id = shelfRow(n)?.dataset.paper;
    if (!id) return (await call("listed_ids", { ...table.query, filter: filterNow(), start, stop }))?.ids ?? null;
    here.push(id);
  }
  return here;
};

/** Tick a row or untick it; with `range` all from the row that was ticked last become as this one. */
const tickRow = async (n, range = false) => {
  const id = shelfRow(n)?.dataset.paper;
  if (!id) return;
  const on = !ticked.has(id);
  const from = range && tickedFrom >= 0 ? tickedFrom : n;
  tickedFrom = n;
  const ids = from === n ? [id] : await idsOf(Math.min(from, n), Math.max(from, n) + 1);
  if (ids) setTicks(ids, on);
};

const tickEvery = async (on) => {
  if (!on || ticked.size) {
    ticked.clear();
    return setTicks([], false);
  }
  const sign = listSign();
  const ids = await idsOf(0, table.told?.found ?? 0);
  if (!ids || sign !== listSign()) return drawTicks();
  tickedAll = sign;
  setTicks(ids, true);
};

/** After the library has changed: what is not there any more is not ticked either. */
const keepTicks = async () => {
  tickedFrom = -1;
  if (!ticked.size) return;
  const answer = await server?.still_there({ ids: [...ticked] }).catch(() => null);
  if (!answer?.ids) return;
  const there = new Set(answer.ids);
  setTicks([...ticked].filter((id) => !there.has(id)), false);
};

/** What is listed, as a filter; null for the whole library, and nothing where a filter cannot say it. */
const filterOfList = () => {
  const { words, flag } = table.query;
  if (flag) return undefined;
  const text = [filterNow()?.text, words && table.told.words].filter(Boolean).join(" ");
  if (text.length > FACTS.nameChars) return undefined;
  return text ? { ...filterNow(), text } : filterNow();
};

/** The papers that are ticked, or listed, as a filter; nothing, and it is said why, where they are too many for one. */
const filterOfThese = async () => {
  const many = ticked.size > FACTS.mostIds;
  const listed = (!ticked.size || (many && tickedAll === listSign())) ? filterOfList() : undefined;
  if (listed !== undefined) return listed;
  if (meantCount() > FACTS.mostIds) {
    const most = FACTS.mostIds.toLocaleString("en");
    toast(`These are ${papersOf(meantCount())}; at most ${most} can be asked one by one. Tick fewer, or choose them by words, years or names in “Ask of”.`);
    return undefined;
  }
  const ids = ticked.size ? [...ticked] : await idsOf(0, table.told.found);
  return ids ? { ids } : undefined;
};

/** Ask of these papers: they are what the chat keeps to from now on. */
const askOfThese = async (filter) => {
  if (filter === undefined) return;
  ticked.clear();
  tickedAll = "";
  drawTicks();
  showView("ask");
  byId("cw-box").focus();
  await choose(filter);
  sayChoice();
};

Object.assign(DO, {
  "ask-of-these": async () => askOfThese(await filterOfThese()),
  untick: () => {
    void tickEvery(false);
    shelf().focus({ preventScroll: true });
  },
  "export-papers": async (button) => {
    const ids = ticked.size ? catalogueTicked() : null;
    const file = await call("export_papers", { ...table.query, filter: filterNow(), ids, format: button.dataset.format });
    if (file) download(file);
  },
});
