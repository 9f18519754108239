/* What this browser keeps: conversations, drafts and settings, in its local storage. Nothing here is sent anywhere but with a question
   (the questions and answers before it) and to reopen or export a conversation. Each conversation has a key of its own, so that two tabs do not
   overwrite each other; of a turn that both have, the one changed last stays. The names of what is kept must stay: a browser may
   bring conversations of an older page. What is damaged is left out, and where nothing can be kept the page works without.

   Limits and texts that the server knows are in FACTS (ui/views/page.py). */

const KEY = "citewise:talk:";
const SETTINGS = "citewise:settings";
const newId = () => Date.now().toString(36) + Math.random().toString(36).slice(2, 10).padEnd(8, "0");

const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** The browser's storage, or for as long as the page is open, ours: some browsers refuse theirs to embedded pages. */
const storageOf = (kind) => {
  try {
    window[kind].getItem(KEY);
    return window[kind];
  } catch {
    const texts = new Map();
    return {
      getItem: (key) => texts.get(key) ?? null,
      setItem: (key, text) => texts.set(key, text),
      removeItem: (key) => texts.delete(key),
      key: (n) => [...texts.keys()][n],
      get length() {
        return texts.size;
      },
    };
  }
};
const local = storageOf("localStorage");
const session = storageOf("sessionStorage");

/** Whether it could be kept: a storage may be full. */
const put = (storage, key, text) => {
  try {
    storage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
};

/** Whether it can be a filter of papers that chooses some; what is in it, the server looks at. */
const soundFilter = (filter) => !!filter && typeof filter === "object" && !Array.isArray(filter) && Object.keys(filter).length > 0;

/** A turn that was kept, with what the page relies on; null where it is none. */
const soundTurn = (turn) => {
  if (typeof turn?.id !== "string" || !/^[a-z0-9]{4,40}$/.test(turn.id) || typeof turn.question !== "string") return null;
  const { answer, at, changed, mode, note, of, step } = turn;
  const whole = typeof answer?.answer === "string" && Array.isArray(answer.sentences);
  return {
    ...turn,
    at: Number(at) || 0,
    changed: Number(changed) || 0,
    mode: FACTS.otherModes.includes(mode) ? mode : FACTS.defaultMode,
    note: typeof note === "string" ? note : "",
    of: soundFilter(of?.filter) ? { ...of, line: typeof of.line === "string" ? of.line : "" } : null,
    step: typeof step === "string" ? step : "stopped",
    answer: whole && answer.sentences.every((sentence) => Array.isArray(sentence?.citations)) ? answer : null,
  };
};

const store = {
  /** All conversations, the latest first. What is not one of ours is skipped. */
  talks() {
    const talks = [];
    for (let n = 0; n < local.length; n++) {
      const key = local.key(n);
      const talk = key?.startsWith(KEY) ? this.talk(key.slice(KEY.length)) : null;
      if (talk) talks.push(talk);
    }
    return talks.sort((one, other) => other.updated - one.updated);
  },

  talk(id) {
    const talk = parse(local.getItem(KEY + id));
    if (!talk || talk.id !== id || !Array.isArray(talk.turns)) return null;
    const turns = talk.turns.map(soundTurn).filter(Boolean);
    if (!turns.length) return null;
    return { ...talk, turns, title: typeof talk.title === "string" ? talk.title : "", updated: Number(talk.updated) || 0 };
  },

  /** Keep the conversation, with what another tab has added to it or changed later. False where the storage is full. */
  save(talk) {
    const newest = new Map(talk.turns.map((turn) => [turn.id, turn]));
    for (const turn of this.talk(talk.id)?.turns ?? []) {
      if (!newest.has(turn.id) || newest.get(turn.id).changed <= turn.changed) newest.set(turn.id, turn);
    }
    const turns = [...newest.values()].sort((one, other) => one.at - other.at);
    return put(local, KEY + talk.id, JSON.stringify({ ...talk, turns }));
  },

  remove(id) {
    local.removeItem(KEY + id);
  },

  settings() {
    const { mode, papers, scores, theme, keys } = parse(local.getItem(SETTINGS)) ?? {};
    return {
      mode: FACTS.otherModes.includes(mode) ? mode : FACTS.defaultMode,
      papers: /^([1-9]|1\d|20)$/.test(papers) ? String(papers) : "",
      scores: scores === true,
      theme: ["light", "dark"].includes(theme) ? theme : "",
      keys: keys !== false, // single keys may be switched off: some people speak to their machine, or hit keys by chance
    };
  },

  keepSettings(settings) {
    return put(local, SETTINGS, JSON.stringify({ ...this.settings(), ...settings }));
  },
};

/** A conversation without turns; it is kept once it has one. */
const newTalk = () => ({ id: newId(), title: "", updated: Date.now(), turns: [] });

const titleOf = (talk) => talk.title || talk.turns[0]?.question.replace(/\s+/g, " ").slice(0, 120) || FACTS.words.new_chat;

/** Change a turn so that other tabs take this over theirs. */
let stamp = 0;
const change = (turn, fields) => {
  stamp = Math.max(Date.now(), stamp + 1);
  return Object.assign(turn, fields, { changed: stamp });
};

/** The ids of the papers that an answer cites, in the order of their citation. */
const citedBy = (answer) => [
  ...new Set((answer.sentences ?? []).flatMap((sentence) => sentence.citations.map((citation) => citation.paper_id))),
];

/** The turns before this one, as the messages that the server takes. */
const historyBefore = (talk, turn) => {
  const before = talk.turns.slice(0, Math.max(talk.turns.indexOf(turn), 0)).filter((earlier) => earlier.answer);
  return before.slice(-FACTS.historyTurns).flatMap((earlier) => [
    { role: "user", content: earlier.question },
    { role: "assistant", content: earlier.answer.answer, cited: citedBy(earlier.answer) },
  ]);
};
