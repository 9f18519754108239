/* The map of the library: what the server says of it, which papers are marked, and the list beside the picture that says the same. The
   picture itself is Gradio's plot, with plotly.js inside (map_plot.js); it is loaded when the map is first looked at. Titles are
   strangers' text: they go in as text. */

const MAP_ASK_MS = 400; // how often the page asks how far the drawing is
const MAP_NEWS_MS = 15000; // how often it asks whether the library has changed
const MAP_MOST_ASKED = 1000; // identifiers in a filter
const MAP_LISTED = 200;
let mapPoints = null; // columns of the points: ids, x, y, titles, years, labels; and the names of the groups
let mapKey = ""; // which points these are
let mapAmong = null; // places in the columns, as sets; null for all: papers that are asked now
let mapFound = null; // papers that hold the words
let mapPicked = null; // papers in the rectangle
let mapWords = "";

const mapIndex = () => (mapPoints.at ??= new Map(mapPoints.ids.map((id, n) => [id, n])));
const commonOf = (one, other) => (one && other ? new Set([...one].filter((n) => other.has(n))) : (one ?? other));
/** The papers that are not dimmed; null for all. */
const mapBright = () => mapPicked ?? commonOf(mapAmong, mapFound);

const mapCounted = (count, every) => `${count.toLocaleString("en")} of ${every.toLocaleString("en")} paper${every === 1 ? "" : "s"}`;

/* --- how far the drawing is ------------------------------------------------------------------------------------------------------ */

/** Ask how the map is, and go on asking while it is being drawn and looked at. */
const followMap = async (name = "map") => {
  clearTimeout(followMap.timer);
  if (viewNow() !== "map") return;
  if (!ready || !server) {
    if (lastStatus?.state === "failed") byId("cw-map-note").textContent = lastStatus.note;
    if (ready) followMap.timer = setTimeout(followMap, MAP_ASK_MS);
    return; // `news` comes when the library is there
  }
  const run = (followMap.run = {});
  const answer = await server[name]({ have: mapKey }).catch(() => null);
  if (run !== followMap.run) return;
  if (!answer || answer.error) {
    if (!answer) void lookAgain();
    byId("cw-map-note").textContent = answer?.error ?? "The server does not answer. It is asked again.";
    byId("cw-map-work").hidden = true;
    if (!answer) followMap.timer = setTimeout(followMap, 10 * MAP_ASK_MS);
    return;
  }
  if (answer.points) takePoints(answer.points, answer.key);
  drawWork(answer);
  followMap.timer = setTimeout(followMap, answer.state === "drawing" ? MAP_ASK_MS : MAP_NEWS_MS);
};

const drawWork = ({ state, doing = "", share = 0, note = "", stale = "" }) => {
  const drawing = state === "drawing";
  byId("cw-map-work").hidden = !drawing;
  byId("cw-map-work").firstElementChild.value = share;
  const said = mapPoints?.note ?? "";
  const why = { drawing: `${doing} …`, stopped: "The drawing was stopped.", failed: `The map was not drawn: ${note}` }[state] ?? "";
  if (byId("cw-map-note").textContent !== (why || said)) byId("cw-map-note").textContent = why || said;
  const again = state === "stopped" || state === "failed";
  byId("cw-map-stale").hidden = drawing || !(stale || again);
  byId("cw-map-stale").firstElementChild.textContent = stale;
  byId("cw-map-stale").lastElementChild.textContent = mapPoints ? "Draw anew" : "Draw the map";
};

const takePoints = (points, key) => {
  mapPoints = points;
  mapKey = key;
  mapAmong = mapFound = mapPicked = null;
  byId("cw-map-body").hidden = !points.ids.length;
  byId("cw-map-card").hidden = true;
  fill(byId("cw-map-groups"), points.groups);
  byId("cw-map-colour").parentElement.hidden = !points.years.some(Boolean);
  paintDots();
  if (points.ids.length) void showPlot();
  void markMap();
};

/** Another library is shown: nothing is left of the map of the one before. */
const forgetMap = () => {
  clearTimeout(followMap.timer);
  followMap.run = markMap.run = {};
  [mapPoints, mapKey, mapWords] = [null, "", ""];
  mapAmong = mapFound = mapPicked = null;
  byId("cw-map-words").value = "";
  for (const id of ["cw-map-body", "cw-map-work", "cw-map-stale", "cw-map-card"]) byId(id).hidden = true;
  byId("cw-map-note").textContent = "The map is drawn when the library is open.";
};

/* --- which papers are marked ----------------------------------------------------------------------------------------------------- */

/** The papers of the map that a filter means, as a set of places; null where the server does not say. */
const placesOf = async (filter) => {
  const key = mapKey;
  const answer = await call("map_found", { filter });
  if (!answer || key !== mapKey) return null;
  return new Set(answer.ids.map((id) => mapIndex().get(id)).filter((n) => n !== undefined));
};

/** Mark anew: the papers that are asked now, and those that hold the words. */
const markMap = async () => {
  const [filter, words] = [filterNow(), byId("cw-map-words").value.trim()];
  const run = (markMap.run = {});
  const [among, found] = await Promise.all([filter && placesOf(filter), words && placesOf({ text: words })]);
  if (run !== markMap.run) return;
  [mapAmong, mapFound, mapWords] = [filter ? among : null, words ? found : null, found ? words : ""];
  drawMarks();
};

const drawMarks = () => {
  if (!mapPoints) return;
  const every = mapPoints.ids.length;
  const bright = mapBright();
  const many = bright?.size ?? every;
  const held = mapFound ? ` hold “${mapWords}”` : mapAmong ? " are asked now" : "";
  byId("cw-map-scope").textContent = bright ? mapCounted(many, every) + (mapPicked ? "" : held) : "All papers";
  byId("cw-map-why").textContent = scopeHint(many, every);
  const act = (name) => document.querySelector(`#cw-map .cw-map-acts [data-do=map-${name}]`);
  act("ask").hidden = !(mapPicked || mapFound) || !many || many > askedAtMost();
  act("list").hidden = !bright || !many;
  act("clear").hidden = !(mapPicked || mapFound);
  act("all").hidden = !chosen;
  listPicked(false);
  markPlot();
};

/** Words are a filter of their own; what is picked by hand is asked by its identifiers. */
const askedAtMost = () => (mapPicked && mapPicked.size < mapPoints.ids.length ? MAP_MOST_ASKED : Infinity);

const scopeHint = (many, every) => {
  if (mapPicked && many > askedAtMost()) {
    return `At most ${MAP_MOST_ASKED.toLocaleString("en")} papers that are picked by hand are asked at once. Pick fewer, or ask of words, years or venues instead.`;
  }
  if (mapPicked || mapFound) return many ? "" : mapPicked ? "No paper is in there." : "Other words may be found.";
  if (mapAmong) return "The others are dimmed. What is picked is taken from those.";
  return every > 1 ? "Pick papers with Rectangle or Lasso, or open a group below, and ask of these alone." : "";
};

/** Take the papers at these places, of those that are not dimmed, as the ones to ask; null for none. */
const pickPlaces = (places) => {
  const from = commonOf(mapAmong, mapFound);
  mapPicked = places && new Set(from ? places.filter((n) => from.has(n)) : places);
  drawMarks();
};

const askOfPlaces = async (places) => {
  const every = places.length === mapPoints.ids.length;
  if (!every && places.length > MAP_MOST_ASKED) return;
  await askOfThese(every ? null : { ids: places.map((n) => mapPoints.ids[n]) });
};

const askOfMarked = () => {
  if (mapPicked) return askOfPlaces([...mapPicked]);
  const text = [filterNow()?.text, mapWords].filter(Boolean).join(" ");
  return askOfThese({ ...filterNow(), text });
};

/* --- the list beside the picture ------------------------------------------------------------------------------------------------- */

/** The papers at these places as buttons; `place` is filled. */
const listPlaces = (place, places, ask) => {
  const list = element("ul");
  for (const n of places.slice(0, MAP_LISTED)) {
    const [item, button] = [element("li"), element("button", "", mapPoints.titles[n])];
    button.type = "button";
    button.dir = "auto";
    button.dataset.do = "map-paper";
    button.dataset.n = n;
    if (mapPoints.years[n]) button.append(element("span", "cw-map-year", ` ${mapPoints.years[n]}`));
    item.append(button);
    list.append(item);
  }
  place.replaceChildren();
  if (ask) place.append(ask);
  place.append(list);
  if (places.length > MAP_LISTED) place.append(element("p", "cw-note", `The first ${MAP_LISTED} of ${places.length.toLocaleString("en")}.`));
};

const listPicked = (open) => {
  const place = byId("cw-map-picked");
  const button = document.querySelector("#cw-map [data-do=map-list]");
  place.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  button.textContent = open ? "Hide the list" : "List them";
  if (open) listPlaces(place, [...mapBright()].sort((one, other) => one - other));
};

const openGroup = (button) => {
  const open = button.getAttribute("aria-expanded") !== "true";
  const place = button.nextElementSibling;
  button.setAttribute("aria-expanded", String(open));
  place.hidden = !open;
  if (!open) return;
  const group = Number(button.dataset.group);
  const places = mapPoints.labels.flatMap((label, n) => (label === group ? [n] : []));
  const acts = element("div", "cw-map-acts");
  if (places.length <= MAP_MOST_ASKED || places.length === mapPoints.ids.length) {
    const ask = element("button", "", "Ask of this group");
    Object.assign(ask, { type: "button", onclick: () => void askOfPlaces(places) });
    acts.append(ask);
  } else acts.append(element("p", "cw-note", `At most ${MAP_MOST_ASKED.toLocaleString("en")} papers are asked at once by hand. Pick some of the group in the picture.`));
  const show = element("button", "", "Mark in the picture");
  Object.assign(show, { type: "button", onclick: () => pickPlaces(places) });
  acts.append(show);
  listPlaces(place, places, acts);
};

/** The card of a paper, below what is picked. */
const openPoint = async (n) => {
  const id = mapPoints.ids[n];
  ringPoint(n);
  const card = byId("cw-map-card");
  const run = (openPoint.run = {});
  const answer = await call("map_paper", { paper: id, words: mapWords });
  if (run !== openPoint.run || !answer) return;
  if (!answer.html) return toast("This paper is no longer in the library.");
  card.innerHTML = answer.html;
  card.querySelector("details")?.setAttribute("open", "");
  card.hidden = false;
  card.scrollIntoView({ block: "nearest", behavior: calm() });
  card.opener = document.activeElement;
  card.focus({ preventScroll: true });
};

const closePoint = () => {
  const card = byId("cw-map-card");
  card.hidden = true;
  ringPoint(null);
  if (card.opener?.isConnected) card.opener.focus();
};

Object.assign(DO, {
  "map-stop": () => void followMap("map_stop"),
  "map-draw": () => void followMap("map_draw"),
  "map-ask": () => void askOfMarked(),
  "map-list": () => listPicked(byId("cw-map-picked").hidden),
  "map-all": async () => {
    await choose(null);
    sayChoice();
    await markMap();
  },
  "map-clear": () => {
    byId("cw-map-words").value = "";
    mapPicked = null;
    void markMap();
  },
  "map-close": () => closePoint(),
  "map-open": (button) => void showPaper(button.dataset.paper),
  "map-group": openGroup,
  "map-paper": (button) => void openPoint(Number(button.dataset.n)),
});

const listenToMap = () => {
  if (listenToMap.done) return;
  listenToMap.done = true;
  byId("cw-map-words").addEventListener("input", () => {
    clearTimeout(markMap.timer);
    markMap.timer = setTimeout(markMap, 250);
  });
  byId("cw-map-find").addEventListener("submit", (event) => event.preventDefault());
  byId("cw-map-colour").addEventListener("change", paintPlot);
  new MutationObserver(paintPlot).observe(document.body, { attributeFilter: ["class"] });
};

Object.assign(VIEWS.map, {
  shown: () => {
    listenToMap();
    void followMap();
    if (mapPoints) void markMap();
  },
  news: () => void followMap(),
  escape: () => byId("cw-map-card").hidden || closePoint(),
  field: () => (byId("cw-map-body").hidden ? null : byId("cw-map-words")),
});
