/* The conversation on the page: asking, what the server brings, keeping it. */

let server = null; // functions of the server, once connected
let trigger = null; // events of the server
let talk = newTalk();
let running = null; // the turn that is being answered
let stopping = null; // the turn that was stopped last
let pending = null; // asked before the page was connected
let ready = false; // whether the library is there, so that conversations can be reopened
let unopened = false; // whether the conversation on the page still waits for that
const CURRENT = "citewise:current";

/** An answer of the server's function; its refusal is shown, and nothing returned. */
const call = async (name, data) => {
  const answer = await server?.[name](data).catch(() => null);
  if (answer && !answer.error) return answer;
  if (!answer) await lookAgain();
  if (!gone) toast(answer?.error ?? "The server did not answer. Try again.");
  return null;
};

/* --- asking -------------------------------------------------------------------------------------------------------------------- */

/** Ask; `turn` is one to be asked again in its place, `like` the earlier one whose place in the talk it is understood from, `alone`
    without the turns before it, `of` which papers, where not those that are chosen now. False where it cannot be now. */
const ask = (question, { turn = null, like = null, alone = false, mode = store.settings().mode, of = choiceNow() } = {}) => {
  const text = question.trim();
  if (!text) return false;
  if (running) {
    toast("Wait for the answer, or stop it first.");
    return false;
  }
  const most = FACTS.questionChars;
  if (text.length > most) {
    toast(`This question has ${text.length.toLocaleString("en")} characters; at most ${most.toLocaleString("en")} are accepted.`);
    return false;
  }
  if (of && of.papers === 0) {
    refuseNone();
    return false;
  }
  const { papers } = store.settings();
  // Each attempt has a name of its own: what an earlier one still brings is not taken for this one's.
  const attempt = { question: text, run: newId(), step: "waiting", note: "", answer: null, vote: "", cut: false, alone, mode, of };
  attempt.papers = papers ? Number(papers) : null;
  if (!turn) {
    turn = { id: newId(), at: Date.now() };
    talk.turns.push(turn);
  }
  change(turn, attempt);
  running = turn;
  told = gone ? -Infinity : performance.now();
  stopping = null;
  drawQuestion(turn);
  keep();
  busy();
  viewOf(turn).root.scrollIntoView({ block: "start", behavior: calm() });
  const request = { id: turn.id, run: turn.run, question: text, mode, papers: turn.papers };
  if (of) request.filter = of.filter;
  request.history = alone ? [] : historyBefore(talk, like ?? turn);
  if (trigger) trigger("ask", request);
  else pending = request;
  lookForPlace(turn.run);
  keepDraft();
  if (gone) void lookAgain();
  return true;
};

/** Again in its place where it is the last turn; an earlier one is asked anew at the end, since others lean on it. */
const again = (turn, question, alone = turn.alone, of = turn.of ? { ...turn.of, papers: null } : null) =>
  ask(question, { turn: talk.turns.at(-1) === turn ? turn : null, like: turn, alone, of });

/** Ended at once on the page; the server's own last word on it is still taken when it comes. */
const stop = () => {
  if (!running) return;
  const turn = running;
  trigger?.("stop", turn.run);
  if (pending?.run === turn.run) pending = null;
  change(turn, { step: "stopped" });
  drawCutShort(turn, turn.answer ? "stopped" : "nothing");
  finish(turn);
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
  byId("cw-title").title = titleOf(talk);
  if (talk.turns.length) missing(false);
  follow();
  drawTalks();
};

/** What the server says about the attempt that runs, or the last word on the one that was stopped. Anything else comes too late. */
const receive = (message) => {
  heard = told = performance.now();
  const { parts, draft, record } = message ?? {};
  const turn = talk.turns.find((one) => one.id === parts?.id);
  if (!turn || turn.run !== message.run) return;
  begun = turn.run;
  if (turn !== running && !(turn === stopping && parts.step === "stopped")) return;
  // The record comes with the end; until then a draft is what can be kept.
  change(turn, record ?? { step: parts.step, answer: draft ?? turn.answer });
  drawParts(turn, parts);
  keepSoon();
  if (turn === running && FACTS.ended.includes(turn.step)) finish(turn);
};

const finish = (turn) => {
  running = null;
  keep();
  busy();
  byId("cw-announce").textContent = viewOf(turn).state.textContent;
  if (chosen) void askChoice(); // the library may have changed
  catchUp();
  void suggest();
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

/* Until an attempt has its turn, the server says nothing of itself; asked, it tells the place in the line, and when to ask again. */
const PLACE_MS = 1000;
let begun = ""; // the attempt that the server has last said something about
const lookForPlace = (run, after = PLACE_MS, told = false) =>
  setTimeout(async () => {
    const waits = () => running?.run === run && begun !== run;
    if (!waits()) return;
    const { state, again } = (await server?.place({ run }).catch(() => null)) ?? {};
    if (!waits()) return;
    if (state) {
      const view = viewOf(running);
      fill(view.state, state);
      if (!told) byId("cw-announce").textContent = view.state.textContent; // the first place alone: a reader is not to be told each
      tick(view);
    }
    lookForPlace(run, again ?? 2 * PLACE_MS, told || !!state);
  }, after);

/** The server did not answer to the end: it is busy, gone, or the connection is. What was shown stays. */
const interrupt = () => {
  if (!running) return;
  const turn = running;
  change(turn, { step: "stopped", cut: !turn.answer });
  drawCutShort(turn, "interrupted");
  finish(turn);
  void lookAgain();
};

/* --- keeping ------------------------------------------------------------------------------------------------------------------- */

const keep = () => {
  clearTimeout(keepSoon.timer);
  keepSoon.timer = null;
  if (!talk.turns.length) return;
  talk.library ??= libraryNow();
  talk.updated = Date.now();
  put(session, CURRENT, talk.id);
  if (!store.save(talk)) toast("This browser's storage is full: delete a conversation, or export this one, to keep it.");
};

const keepSoon = () => {
  keepSoon.timer ??= setTimeout(keep, 300);
};
addEventListener("pagehide", () => keepSoon.timer && keep());
