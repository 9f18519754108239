/* What is typed into the box and not asked yet. It belongs to its conversation, and outlasts a reload, a lost connection and the tab. Each
   tab goes on with what was typed in it; one that has nothing of its own takes what was typed last in another. */

const DRAFT = "citewise:draft:";
const draftKey = () => DRAFT + (talk.turns.length ? talk.id : "new");
let drafted = ""; // the key that the words in the box are kept under

const putDraft = (key, text) => {
  const before = session.getItem(key);
  if (before === text || (before === null && !text)) return;
  put(session, key, text); // an empty one too: what another tab types does not come here later
  if (text) put(local, key, text);
  else if (local.getItem(key) === before) local.removeItem(key);
};

const keepDraft = () => {
  clearTimeout(keepDraftSoon.timer);
  keepDraftSoon.timer = null;
  const [key, box] = [draftKey(), byId("cw-box")];
  if (drafted !== key) putDraft(drafted, ""); // the new chat has become a conversation
  drafted = key;
  putDraft(key, box.value === recalled() ? "" : box.value);
};

const keepDraftSoon = () => {
  keepDraftSoon.timer ??= setTimeout(keepDraft, 200);
};
addEventListener("pagehide", () => keepDraftSoon.timer && keepDraft());

/** The draft of the conversation that is shown now. */
const showDraft = () => {
  const box = byId("cw-box");
  drafted = draftKey();
  box.value = (session.getItem(drafted) ?? local.getItem(drafted) ?? "").slice(0, 4 * FACTS.questionChars);
  if (!NARROW.matches) box.setSelectionRange(box.value.length, box.value.length); // phones would scroll to it
  countChars();
};

const dropDraft = (id) => {
  for (const storage of [session, local]) storage.removeItem(DRAFT + id);
};

/* --- the questions asked before, by the arrow keys ------------------------------------------------------------------------------ */

let back = -1; // how many questions the box is back, from the last one, which is 0
const questionsAsked = () => {
  const turns = talk.turns.length ? talk.turns : (store.talks()[0]?.turns ?? []);
  return [...new Set(turns.map((turn) => turn.question).reverse())];
};

/** The question that the arrow keys have brought back into the box; null where there is none. */
const recalled = () => (back < 0 ? null : (questionsAsked()[back] ?? null));

/** Arrow-up in an empty box brings the last question back, once more the one before it; arrow-down leads the other way. */
const recall = (event) => {
  const up = event.key === "ArrowUp";
  if ((!up && event.key !== "ArrowDown") || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
  const box = event.target;
  const going = box.value && box.value === recalled() && box.selectionEnd === box.value.length;
  if (!going) back = -1;
  if (!going && (box.value || !up)) return;
  const questions = questionsAsked();
  event.preventDefault();
  back = Math.min(back + (up ? 1 : -1), questions.length - 1);
  box.value = questions[back] ?? "";
  box.setSelectionRange(box.value.length, box.value.length);
  countChars();
};
