/* Opening a conversation: one that is kept, a new one, what the address asks for, what another tab has changed. */

/** Show a conversation; its citations are checked against the library again. */
const open = (kept) => {
  stop();
  show(kept);
};

const show = (kept) => {
  const other = kept.id !== talk.id;
  if (other) keepDraft();
  talk = kept;
  followLibrary();
  stopping = null;
  forget();
  for (const turn of talk.turns) {
    // Not stamped as a change: another tab may be answering it.
    if (!FACTS.ended.includes(turn.step)) turn.step = "stopped";
    drawPlain(turn);
  }
  if (talk.turns.length) {
    put(session, CURRENT, talk.id);
    activate(talk.turns.at(-1).id);
  }
  missing(false);
  if (other) {
    showDraft();
    showChoice();
  }
  busy();
  unopened = true;
  void reopen();
};

const reopen = async () => {
  if (!ready || !unopened || !talk.turns.length) return;
  unopened = false;
  const before = talk;
  const turns = before.turns.filter((turn) => turn !== running);
  const answer = await call("reopen", { turns });
  if (talk !== before) return;
  if (!answer) return notOpened();
  for (const { parts, record } of answer.turns) {
    const turn = before.turns.find((one) => one.id === parts.id);
    if (!turn || turn === running) continue;
    Object.assign(turn, record); // what no longer resolves is not copied or leaned on either
    drawParts(turn, parts);
    if (turn.cut && !turn.answer) drawCutShort(turn, "interrupted");
  }
  if (!running) viewOf(before.turns.at(-1)).root.scrollIntoView({ block: "start", behavior: "instant" });
  if (!running) void suggest();
};

const notOpened = (why) => {
  for (const turn of talk.turns) if (turn !== running) drawCutShort(turn, "unchecked", why);
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
  const before = talk.id;
  open(newTalk());
  if (deleted) dropDraft(before);
  session.removeItem(CURRENT);
  byId("cw-box").focus();
};

/** The conversation of this tab before it was reloaded, or what the address asks for. */
const begin = () => {
  const address = new URL(location.href);
  const question = OURS && address.searchParams.get("q");
  const id = addressed();
  const kept = store.talk(id || session.getItem(CURRENT));
  const before = id || isOfLibrary(kept) ? kept : null; // the address may ask for another library
  if (!before && !question) {
    showDraft();
    showChoice();
  }
  if (!question) {
    const last = before?.turns.at(-1);
    const mine = session.getItem(CURRENT) === before?.id; // else another tab may be waiting for its answer
    const waiting = mine && last && !last.answer && !FACTS.ended.includes(last.step);
    if (before) open(before);
    else busy();
    missing(id && !before);
    if (waiting) again(last, last.question); // nothing of its answer was shown yet
    return;
  }
  const mode = address.searchParams.get("mode");
  const filter = parse(address.searchParams.get("of"));
  if (soundFilter(filter)) choose(filter);
  for (const name of ["q", "mode", "of"]) address.searchParams.delete(name);
  address.hash = "";
  setAddress(address);
  ask(question, FACTS.otherModes.includes(mode) ? { mode } : {});
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

const showStatus = (status) => {
  if (!status || !isOfShown(status)) return;
  lastStatus = status;
  if (gone) void lookAgain();
  else fill(byId("cw-line"), status.line);
  fill(byId("cw-runs"), status.runs);
  drawHoldings();
  byId("cw-reload").hidden = !status.retry;
  ready = status.state === "ready";
  if (ready) {
    void reopen();
    void showExamples();
    void askChoice();
  }
  VIEWS[viewNow()].news?.();
  if (status.state === "failed" && unopened) notOpened(status.note);
};
