/* The conversation on the page: asking, what the server brings, keeping it, reopening it. */

let server = null; // functions of the server, once connected
let trigger = null; // events of the server
let talk = newTalk();
let running = null; // the turn that is being answered
let stopping = null; // the turn that was stopped last
let pending = null; // asked before the page was connected
let limit = 4000;
let ready = false; // whether the library is there, so that conversations can be reopened
let unopened = false; // whether the conversation on the page still waits for that
const CURRENT = "citewise:current";

/** An answer of the server's function; what it has against it is said, and nothing returned. */
const call = async (name, data) => {
  const answer = await server?.[name](data).catch(() => null);
  if (answer && !answer.error) return answer;
  toast(answer?.error ?? "The server did not answer. Try again.");
  return null;
};

/* --- asking -------------------------------------------------------------------------------------------------------------------- */

/** Ask; `turn` is one to be asked again in its place, `like` the earlier one whose place in the talk it is understood from, `alone`
    without what was said before. False where it cannot be now. */
const ask = (question, { turn = null, like = null, alone = false, mode = store.settings().mode } = {}) => {
  const text = question.trim();
  if (!text) return false;
  if (running) {
    toast("Wait for the answer, or stop it first.");
    return false;
  }
  if (text.length > limit) {
    toast(`This question has ${text.length.toLocaleString("en")} characters; at most ${limit.toLocaleString("en")} are accepted.`);
    return false;
  }
  const { papers } = store.settings();
  // Each attempt has a name of its own: what an earlier one still brings is not taken for this one's.
  const attempt = { question: text, run: newId(), step: "waiting", note: "", answer: null, vote: "", alone, mode };
  attempt.papers = papers ? Number(papers) : null;
  if (!turn) {
    turn = { id: newId(), at: Date.now() };
    talk.turns.push(turn);
  }
  change(turn, attempt);
  running = turn;
  heard = performance.now();
  stopping = null;
  drawAsked(turn);
  keep();
  busy();
  viewOf(turn).root.scrollIntoView({ block: "start", behavior: calm() });
  const request = { id: turn.id, run: turn.run, question: text, mode, papers: turn.papers };
  request.history = alone ? [] : historyBefore(talk, like ?? turn);
  if (trigger) trigger("ask", request);
  else pending = request;
  return true;
};

/** Again in its place where it is the last turn; an earlier one is asked anew at the end, since others lean on it. */
const again = (turn, question, alone = turn.alone) => ask(question, { turn: talk.turns.at(-1) === turn ? turn : null, like: turn, alone });

/** Ended at once on the page; the server's own last word on it is still taken when it comes. */
const stop = () => {
  if (!running) return;
  const turn = running;
  trigger?.("stop", turn.run);
  if (pending?.run === turn.run) pending = null;
  change(turn, { step: "stopped" });
  drawInterrupted(turn, turn.answer ? "The answer is incomplete." : "Nothing was found yet.", "Stopped");
  ended(turn);
  stopping = turn;
  byId("cw-box").focus();
};

/** The page's buttons as they have to be now. */
const busy = () => {
  byId("cw-send").hidden = !!running;
  byId("cw-stop").hidden = !running;
  byId("cw").classList.toggle("cw-empty", !talk.turns.length);
  byId("cw-export").hidden = !talk.turns.some((turn) => turn.answer);
  byId("cw-title").textContent = titleOf(talk);
  drawTalks();
};

/** What the server says about the attempt that runs, or the last word on the one that was stopped. Anything else comes too late. */
const received = (message) => {
  heard = performance.now();
  const turn = talk.turns.find((one) => one.id === message?.parts?.id);
  if (!turn || turn.run !== message.run) return;
  if (turn !== running && !(turn === stopping && message.parts.step === "stopped")) return;
  change(turn, message.record);
  drawParts(turn, message.parts);
  keepSoon();
  if (turn === running && ENDED.includes(turn.step)) ended(turn);
};

const ended = (turn) => {
  running = null;
  keep();
  busy();
  byId("cw-announce").textContent = viewOf(turn).state.textContent;
  catchUp();
};

/** Whether one conversation has a turn that the other lacks or has in an older state. */
const ahead = (one, other) => {
  const known = new Map(other.turns.map((turn) => [turn.id, turn.changed]));
  return one.turns.some((turn) => !(known.get(turn.id) >= turn.changed));
};

/** Show what another tab has done to this conversation, unless that would disturb an answer or somebody who types over a question.
    Two tabs that keep at the same moment can undo each other's change, so what is newer here is kept once more. */
const catchUp = () => {
  const kept = store.talk(talk.id);
  if (!kept) return;
  if (ahead(talk, kept)) store.save(talk);
  if (!running && !document.querySelector("#cw .cw-edit") && ahead(kept, talk)) show(store.talk(talk.id));
};

/* Gradio says nothing where a question could not even be sent, so the page asks for itself when it hears nothing for a while. */
const SILENCE_MS = 5000;
let heard = 0; // when the server was last heard of
setInterval(async () => {
  if (!running || performance.now() - heard < SILENCE_MS) return;
  heard = performance.now();
  const { run } = running;
  const there = () => fetch(location.pathname, { method: "HEAD", cache: "no-store" }).then(() => true, () => false);
  if (!(await there()) && !(await there()) && running?.run === run) failed();
}, 1000);

/** The server did not answer to the end: it is busy, gone, or the connection is. What was shown stays. */
const failed = () => {
  if (!running) return;
  const turn = running;
  change(turn, { step: "stopped" });
  drawInterrupted(turn, "The server is busy or the connection was lost. What is here is kept; ask again.");
  ended(turn);
};

/* --- keeping ------------------------------------------------------------------------------------------------------------------- */

const keep = () => {
  clearTimeout(keepSoon.timer);
  keepSoon.timer = null;
  if (!talk.turns.length) return;
  talk.updated = Date.now();
  session.setItem(CURRENT, talk.id);
  if (!store.save(talk)) toast("This browser's storage is full: delete a conversation, or export this one, to keep it.");
};

const keepSoon = () => {
  keepSoon.timer ??= setTimeout(keep, 300);
};
addEventListener("pagehide", () => keepSoon.timer && keep());

const drawTalks = () => {
  const list = byId("cw-talks");
  if (list.querySelector("input")) return; // a name is being typed
  const kept = store.talks();
  const sign = JSON.stringify([talk.id, kept.map((one) => [one.id, titleOf(one)])]);
  if (list.shown === sign) return;
  list.shown = sign;
  const rows = kept.map((one) => {
    const row = element("li", one.id === talk.id ? "cw-current" : "");
    row.dataset.talk = one.id;
    for (const [what, text, label] of [["open", titleOf(one), ""], ["rename", "✎", "Rename"], ["delete", "✕", "Delete"]]) {
      const button = element("button", `cw-${what}`, text);
      button.type = "button";
      button.dataset.do = what;
      if (label) button.setAttribute("aria-label", `${label} “${titleOf(one)}”`);
      else button.dir = "auto";
      if (one.id === talk.id && what === "open") button.setAttribute("aria-current", "true");
      row.append(button);
    }
    return row;
  });
  list.replaceChildren(...rows);
};

/* --- opening ------------------------------------------------------------------------------------------------------------------- */

/** Show a conversation; its citations are checked against the library again. */
const open = (kept) => {
  stop();
  show(kept);
};

const show = (kept) => {
  talk = kept;
  stopping = null;
  forget();
  for (const turn of talk.turns) {
    // Not stamped as a change: another tab may be answering it.
    if (!ENDED.includes(turn.step)) turn.step = "stopped";
    drawStored(turn);
  }
  if (talk.turns.length) {
    session.setItem(CURRENT, talk.id);
    activate(talk.turns.at(-1).id);
  }
  busy();
  unopened = true;
  void reopen();
};

const reopen = async () => {
  if (!ready || !unopened || !talk.turns.length) return;
  unopened = false;
  const opened = talk;
  const turns = opened.turns.filter((turn) => turn !== running);
  const answer = await call("reopen", { turns });
  if (talk !== opened) return;
  if (!answer) return notOpened("This could not be checked against the library; reload the page to try again.");
  for (const { parts, record } of answer.turns) {
    const turn = opened.turns.find((one) => one.id === parts.id);
    if (!turn || turn === running) continue;
    Object.assign(turn, record); // what no longer resolves is not copied or leaned on either
    drawParts(turn, parts);
  }
  if (!running) viewOf(opened.turns.at(-1)).root.scrollIntoView({ block: "start", behavior: "instant" });
};

const notOpened = (why) => {
  for (const turn of talk.turns) if (turn !== running) drawInterrupted(turn, why, "Not checked");
};

/** An empty chat; the running answer is stopped. Its conversation is kept unless it was deleted. */
const fresh = ({ deleted = false } = {}) => {
  if (deleted && running) {
    trigger?.("stop", running.run);
    running = null;
  }
  if (deleted) {
    clearTimeout(keepSoon.timer);
    keepSoon.timer = null;
  }
  open(newTalk());
  session.removeItem(CURRENT);
  byId("cw-box").focus();
};

/** The conversation of this tab before it was reloaded, or what the address asks for. */
const begin = () => {
  const address = new URL(location.href);
  const question = address.searchParams.get("q");
  const before = store.talk(session.getItem(CURRENT));
  if (!question) {
    const last = before?.turns.at(-1);
    const waited = last && !last.answer && !ENDED.includes(last.step);
    if (before) open(before);
    else busy();
    if (waited) again(last, last.question); // nothing of its answer was shown yet
    return;
  }
  const mode = address.searchParams.get("mode");
  for (const name of ["q", "mode"]) address.searchParams.delete(name);
  history.replaceState(null, "", address);
  ask(question, ["quote", "write"].includes(mode) ? { mode } : {});
};

/** Another tab has changed or deleted a conversation. */
const otherTab = (event) => {
  if (!event.key?.startsWith(KEY)) return;
  if (event.key === KEY + talk.id) {
    if (event.newValue === null) fresh({ deleted: true });
    else {
      talk.title = store.talk(talk.id)?.title ?? talk.title;
      catchUp();
    }
  }
  busy();
};

/* --- what the library is --------------------------------------------------------------------------------------------------------- */

const stated = (status) => {
  if (!status) return;
  limit = status.limit;
  fill(byId("cw-line"), status.line);
  fill(byId("cw-welcome"), status.welcome);
  fill(byId("cw-runs"), status.runs);
  byId("cw-count").textContent = status.count;
  byId("cw-reload").hidden = !status.retry;
  const examples = status.examples.map((question) => {
    const item = element("li");
    const button = element("button", "", question);
    button.type = "button";
    button.dataset.do = "ask";
    button.dataset.question = question;
    item.append(button);
    return item;
  });
  byId("cw-examples").replaceChildren(...examples);
  ready = status.state === "ready";
  if (ready) void reopen();
  if (status.state === "failed" && unopened) notOpened(status.note);
};
