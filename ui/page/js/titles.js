/* The list of conversations: it can be searched, and each one renamed or deleted. */

const FILTERED_FROM = 8; // fewer are seen at a glance
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Whether all of these words occur in its title, its questions and its answers. */
const holds = (kept, words) => {
  const text = folded([kept.title, ...kept.turns.flatMap((turn) => [turn.question, turn.answer?.answer ?? ""])].join(" "));
  return words.every((word) => text.includes(word));
};

const drawTalks = () => {
  const list = byId("cw-talks");
  if (list.querySelector("input")) return; // a name is being typed
  const all = store.talks();
  const find = byId("cw-find");
  find.hidden = all.length < FILTERED_FROM;
  if (find.hidden) find.value = "";
  const words = folded(find.value).split(/\s+/).filter(Boolean);
  const talks = all.filter((one) => holds(one, words));
  byId("cw-found").textContent = talks.length || !words.length ? "" : "No conversation here has these words.";
  const sign = JSON.stringify([talk.id, talks.map((one) => [one.id, titleOf(one), one.library])]);
  if (list.sign === sign) return;
  list.sign = sign;
  const rows = talks.map((one) => {
    const row = element("li", one.id === talk.id ? "cw-current" : "");
    row.dataset.talk = one.id;
    for (const [what, text, label] of [["open", titleOf(one), ""], ["rename", "✎", "Rename"], ["delete", "✕", "Delete"]]) {
      const button = element("button", `cw-${what}`, text);
      button.type = "button";
      button.dataset.do = what;
      if (label) button.setAttribute("aria-label", `${label} “${titleOf(one)}”`);
      else {
        button.dir = "auto";
        button.title = (one.title || one.turns[0].question).slice(0, 400);
      }
      if (what === "open" && libraryNow() && one.library) button.append(element("span", "cw-talk-of", one.library));
      if (one.id === talk.id && what === "open") button.setAttribute("aria-current", "true");
      row.append(button);
    }
    return row;
  });
  list.replaceChildren(...rows);
};

const rename = (row) => {
  const kept = store.talk(row.dataset.talk);
  const box = element("input");
  box.value = titleOf(kept);
  box.maxLength = 120;
  box.setAttribute("aria-label", "Name of the conversation");
  const finish = (keepIt) => {
    if (!box.isConnected) return;
    box.onblur = null;
    box.remove();
    const now = store.talk(kept.id); // it may have changed, or be gone, since
    if (keepIt && now && box.value.trim()) {
      store.save({ ...now, title: box.value.trim() });
      if (talk.id === kept.id) talk.title = box.value.trim();
    }
    byId("cw-talks").sign = "";
    busy();
  };
  box.onblur = () => setTimeout(() => finish(true), 150); // a click that took the focus comes first
  box.onkeydown = (event) => {
    if (!event.isComposing && (event.key === "Enter" || event.key === "Escape")) {
      event.stopPropagation();
      event.preventDefault(); // the key would press the button that gets the focus
      finish(event.key === "Enter");
      byId("cw-talks").querySelector(`[data-talk="${CSS.escape(kept.id)}"] .cw-rename`)?.focus();
    }
  };
  row.replaceChildren(box);
  box.focus();
  box.select();
};

const remove = (row) => {
  const kept = store.talk(row.dataset.talk);
  if (!kept) return;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  if (talk.id === kept.id) fresh({ deleted: true });
  store.remove(kept.id);
  dropDraft(kept.id); // of one that is not shown
  busy();
  (next && byId("cw-talks").querySelector(`[data-talk="${CSS.escape(next.dataset.talk)}"] .cw-open`) || byId("cw-new")).focus();
  toast(`Deleted “${titleOf(kept)}”.`, () => {
    store.save(kept);
    if (talk.turns.length) busy();
    else open(kept);
  });
};
