/* Draws turns and their sources. The server's HTML is escaped there; all that this page adds itself goes in as text. What has not
   changed is not touched, so that nothing loses focus, hover or its place while an answer streams. */

const byId = (id) => document.getElementById(id);
const NARROW = matchMedia("(max-width: 860px)");
const calm = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth");

const element = (tag, className = "", text = "") => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
};

const fill = (target, html) => {
  if (target.html === html) return;
  target.html = html;
  target.innerHTML = html;
};

const views = new Map(); // turn id -> its elements
let active = ""; // the turn whose sources the panel shows

const viewOf = (turn) => {
  let view = views.get(turn.id);
  if (view) return view;
  const root = element("article", "cw-turn");
  root.id = `turn-${turn.id}`;
  root.dataset.turn = turn.id;
  root.tabIndex = -1;
  view = { root };
  for (const [name, tag] of [["question", "h2"], ["of", "p"], ["asked", "p"], ["state", "div"], ["answer", "div"], ["foot", "div"]]) {
    view[name] = element(tag, `cw-${name}`);
    root.append(view[name]);
  }
  view.question.dir = "auto";
  addClamp(view);
  view.state.setAttribute("aria-live", "off");
  view.sheet = element("details", "cw-sheet");
  view.sheet.append(element("summary"));
  view.sources = element("div", "cw-sources");
  view.sheet.hidden = true;
  root.insertBefore(view.sheet, view.foot);
  views.set(turn.id, view);
  byId("cw-turns").append(root);
  return view;
};

/** The question at once, before the server has said anything. */
const drawQuestion = (turn) => {
  const view = viewOf(turn);
  for (const form of view.root.querySelectorAll(".cw-edit")) form.replaceWith(form.place);
  view.question.textContent = turn.question;
  fill(view.of, "");
  view.of.textContent = turn.of?.line ?? "";
  view.of.html = null;
  fill(view.asked, "");
  fill(view.state, FACTS.states.waiting);
  for (const place of [view.answer, view.foot]) place.replaceChildren();
  view.foot.html = "";
  view.blocks = [];
  view.waits = view.running = true;
  drawSources(view, "", "");
  views.forEach(dropRepeats);
  view.started = performance.now();
  activate(turn.id);
};

/** What the server says about a turn. */
const drawParts = (turn, parts) => {
  const view = viewOf(turn);
  view.question.textContent = turn.question;
  view.running = !FACTS.ended.includes(parts.step);
  view.waits = parts.step === "waiting";
  fill(view.of, parts.of);
  fill(view.asked, parts.asked);
  fill(view.state, parts.state);
  drawBlocks(view, parts.blocks);
  fill(view.foot, parts.foot);
  dropRepeats(view);
  drawSources(view, parts.sources, parts.label);
  drawVote(turn);
  tick(view);
};

/** What was asked already is not suggested again. */
const dropRepeats = (view) => {
  const asked = new Set([...byId("cw-turns").querySelectorAll(".cw-question")].map((place) => place.textContent));
  for (const button of view.foot.querySelectorAll(".cw-next button")) {
    if (asked.has(button.dataset.question)) button.parentElement.remove();
  }
  const next = view.foot.querySelector(".cw-next");
  if (next && !next.querySelector("button")) next.remove();
};

/** Only paragraphs that are new or have changed are replaced. */
const drawBlocks = (view, blocks) => {
  const before = view.blocks ?? [];
  blocks.forEach((html, n) => {
    if (before[n] === html) return;
    const block = document.createRange().createContextualFragment(html);
    if (view.answer.children[n]) view.answer.children[n].replaceWith(block);
    else view.answer.append(block);
  });
  while (view.answer.children.length > blocks.length) view.answer.lastChild.remove();
  view.blocks = blocks;
};

const drawSources = (view, html, label) => {
  if (view.sources.html !== html) {
    // What the reader has unfolded stays so where the same card comes again.
    const open = new Set([...view.sources.querySelectorAll("details[open]")].map((fold) => fold.closest("[data-paper]")?.dataset.paper));
    const whole = new Set([...view.sources.querySelectorAll(".cw-unfold[aria-expanded=true]")].map((fold) => fold.closest("[data-paper]").dataset.paper));
    fill(view.sources, html);
    for (const card of view.sources.querySelectorAll("[data-paper]")) {
      if (whole.has(card.dataset.paper)) card.querySelector(".cw-unfold")?.click();
      if (open.has(card.dataset.paper)) card.querySelector("details")?.setAttribute("open", "");
    }
  }
  view.label = label;
  view.sheet.firstChild.textContent = label;
  view.sheet.hidden = !NARROW.matches || !html;
  if (active === view.root.dataset.turn) drawPanel();
};

/** The answer is cut short: `state` is one of FACTS.states, `why` a reason to be told instead of its own. */
const drawCutShort = (turn, state, why = "") => {
  const view = viewOf(turn);
  view.running = false;
  view.question.textContent = turn.question;
  fill(view.state, FACTS.states[state]);
  view.state.html = null; // the next state is drawn even where it is the one before this
  if (why) view.state.lastElementChild.textContent = why;
  fill(view.foot, FACTS.again);
};

/** A turn of an earlier visit, in plain text until the server has checked its citations again. */
const drawPlain = (turn) => {
  const view = viewOf(turn);
  view.question.textContent = turn.question;
  view.of.textContent = turn.of?.line ?? "";
  fill(view.state, FACTS.states.reopening);
  const words = turn.answer?.answer ?? "";
  view.answer.replaceChildren(...words.split("\n\n").filter(Boolean).map((text) => element("p", "cw-words", text)));
  view.blocks = [];
};

const tick = (view) => {
  const place = view.state.querySelector(".cw-elapsed");
  if (place && view.started) place.textContent = `${((performance.now() - view.started) / 1000).toFixed(1)} s`;
};
setInterval(() => views.forEach((view) => view.running && tick(view)), 100);

const forget = () => {
  clamps.disconnect();
  views.clear();
  active = "";
  byId("cw-turns").replaceChildren();
  drawPanel();
};

/* --- the sources: beside the chat, or on a narrow screen a sheet under their answer --------------------------------------------- */

const activate = (id) => {
  active = id;
  drawPanel();
};

const drawPanel = () => {
  const view = views.get(active);
  for (const other of views.values()) {
    if (NARROW.matches && other.sources.parentElement !== other.sheet) other.sheet.append(other.sources);
    other.sheet.hidden = !NARROW.matches || !other.sources.firstChild;
  }
  const body = byId("cw-panel-body");
  const last = byId("cw-turns").lastChild === view?.root;
  byId("cw-panel-title").textContent = view?.label || FACTS.words.sources;
  body.dataset.of = !view || last ? "" : view.question.textContent;
  if (NARROW.matches) return;
  if (!view?.sources.firstChild) {
    const empty = view ? (view.running ? (view.waits ? "Waiting …" : "Searching …") : "None.") : FACTS.words.no_turn;
    body.replaceChildren(element("p", "cw-note", empty));
  } else if (body.firstChild !== view.sources) {
    body.replaceChildren(view.sources);
    byId("cw-panel").scrollTop = 0;
  }
};
NARROW.addEventListener("change", drawPanel);

/** From a chip to the words that it stands for. */
const showSource = (chip) => {
  activate(chip.closest("[data-turn]").dataset.turn);
  const view = views.get(active);
  if (NARROW.matches) view.sheet.open = true;
  const card = byId(chip.getAttribute("href").slice(1));
  if (!card) return;
  for (const here of document.querySelectorAll(".cw-here")) here.classList.remove("cw-here");
  card.classList.add("cw-here");
  const words = chip.dataset.q.split(" ").map((key) => `mark[data-q~="${key}"]`); // a chip can stand for several quotes
  const marks = [...card.querySelectorAll(words.join())];
  const box = (marks[0] ?? card).getBoundingClientRect();
  const far = box.bottom - card.getBoundingClientRect().top > 0.8 * innerHeight;
  (far ? marks[0] : card).scrollIntoView({ block: far ? "center" : "start", behavior: calm() });
  for (const mark of marks) {
    mark.classList.remove("cw-flash");
    void mark.offsetWidth; // starts the animation anew
    mark.classList.add("cw-flash");
  }
  card.back = chip;
  view.chip = chip;
  card.focus({ preventScroll: true });
};

/* --- messages --------------------------------------------------------------------------------------------------------- */

const showTip = (chip) => {
  const tip = byId("cw-tip");
  tip.querySelector("strong").textContent = `${chip.textContent} · ${chip.dataset.title}`;
  tip.querySelector("q").textContent = chip.dataset.quote;
  tip.querySelector("q").hidden = !chip.dataset.quote; // of a record nothing is quoted
  tip.hidden = false;
  chip.setAttribute("aria-describedby", "cw-tip");
  const box = chip.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left - 24), innerWidth - tip.offsetWidth - 8);
  const below = box.bottom + 6; // above it are the words that are being read
  tip.style.left = `${left}px`;
  tip.style.top = `${below + tip.offsetHeight < innerHeight ? below : box.top - tip.offsetHeight - 6}px`;
};

const hideTip = () => {
  byId("cw-tip").hidden = true;
  document.querySelector('[aria-describedby="cw-tip"]')?.removeAttribute("aria-describedby");
};

let undo = []; // what the button beside the message takes back, as long as it is there; other messages leave it
const toast = (text, undoing = null) => {
  const place = byId("cw-toast");
  if (undoing) undo.push(undoing);
  place.firstElementChild.textContent = text;
  place.lastElementChild.hidden = !undo.length;
  // Beside an open dialog everything else is out of reach.
  (document.querySelector("dialog[open]") ?? byId("cw")).append(place);
  place.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(hush, undo.length ? 8000 : 5000);
};

const hush = () => {
  byId("cw-toast").hidden = true;
  undo = [];
};
