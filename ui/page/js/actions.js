/* What the buttons do. Every button names what it does in `data-do`. */

const turnOf = (target) => talk.turns.find((turn) => turn.id === target.closest("[data-turn]")?.dataset.turn);

const copy = async (text) => {
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages of other machines over plain http have no clipboard.
    const before = document.activeElement;
    const box = element("textarea");
    box.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(box);
    box.select();
    copied = document.execCommand("copy");
    box.remove();
    before?.focus();
  }
  toast(copied ? "Copied." : "This browser does not let the page copy.");
};

const plainText = ({ answer }) => {
  const titles = new Map(answer.sentences.flatMap((sentence) => sentence.citations).map((cited) => [cited.n, cited.title]));
  return [answer.answer, [...titles].map(([n, title]) => `[${n}] ${title}`).join("\n")].filter(Boolean).join("\n\n");
};

const download = ({ name, type, text }) => {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

const save = async (turns, format) => {
  const file = await call("export", { turns, format, title: titleOf(talk) });
  if (file) download(file);
};

const linkTo = (turn) => {
  const address = new URL(location.pathname, location.origin);
  // The turns before a follow-up are not in a link: it asks the question as it was understood.
  address.searchParams.set("q", turn.answer?.standalone_question || turn.question);
  if (turn.mode !== FACTS.defaultMode) address.searchParams.set("mode", turn.mode);
  return address.href;
};

/** Type over a question, or over how it was understood. */
const edit = (turn, place, text, alone) => {
  if (!place.isConnected) return viewOf(turn).root.querySelector(".cw-edit textarea")?.focus();
  const form = element("form", "cw-edit");
  const box = element("textarea");
  box.value = text;
  box.setAttribute("aria-label", "Change the question");
  const ok = element("button", "cw-primary", "Ask");
  const no = element("button", "", "Cancel");
  no.type = "button";
  form.append(box, ok, no);
  form.place = place;
  const close = () => {
    form.replaceWith(place);
    place.closest("article").querySelector(`[data-do=${alone ? "edit-asked" : "edit"}]`)?.focus();
  };
  no.onclick = close;
  form.onkeydown = (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === box) form.requestSubmit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const last = talk.turns.at(-1) === turn;
    if (again(turn, box.value, alone) && form.isConnected) form.replaceWith(place);
    if (last) byId("cw-box").focus();
  };
  place.replaceWith(form);
  box.style.height = `${box.scrollHeight + 2}px`;
  box.focus();
};

const vote = async (turn, which, note = "") => {
  const of = talk;
  const reply = await call("feedback", { vote: which, note, question: turn.question, answer: turn.answer });
  if (!reply) return;
  change(turn, { vote: which });
  if (talk !== of) return void (store.talk(of.id) && store.save(of));
  keep();
  drawVote(turn);
  const foot = viewOf(turn).foot;
  const before = foot.querySelector(".cw-feedback");
  before?.remove();
  if (note) return toast("Thank you. The note is kept.");
  const form = element("form", "cw-feedback");
  const box = element("input");
  box.maxLength = FACTS.noteChars;
  box.value = before?.querySelector("input").value ?? "";
  box.placeholder = "Add a note (optional)";
  box.setAttribute("aria-label", "A note on this answer");
  form.append(element("p", "cw-note", reply.note), box, element("button", "", "Keep the note"));
  form.onsubmit = (event) => {
    event.preventDefault();
    if (box.value.trim()) void vote(turn, which, box.value.trim());
    else form.remove();
  };
  form.onkeydown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    form.remove();
    foot.querySelector(`[data-do=${which}]`).focus();
  };
  foot.querySelector(".cw-actions").after(form);
  box.focus();
};

const similar = async (button) => {
  const card = button.closest("[data-paper]");
  const place = button.closest(".cw-tools").nextElementSibling;
  if (place.hidden && !place.firstChild) {
    if (place.waits) return;
    place.waits = true;
    const answer = await call("similar", { paper_id: card.dataset.paper });
    place.waits = false;
    if (!answer) return;
    place.innerHTML = answer.html;
  }
  place.hidden = !place.hidden;
  button.setAttribute("aria-expanded", String(!place.hidden));
};

const listPapers = async () => {
  const words = byId("cw-filter").value;
  const answer = await call("papers", { words });
  if (!answer || words !== byId("cw-filter").value) return;
  byId("cw-papers-note").textContent = answer.note;
  fill(byId("cw-papers-list"), answer.html);
  byId("cw-papers-list").scrollTop = 0;
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
  busy();
  (next && byId("cw-talks").querySelector(`[data-talk="${CSS.escape(next.dataset.talk)}"] .cw-open`) || byId("cw-new")).focus();
  toast(`Deleted “${titleOf(kept)}”.`, () => {
    store.save(kept);
    if (talk.turns.length) busy();
    else open(kept);
  });
};

const side = (show) => {
  byId("cw-side").classList.toggle("cw-shown", show);
  byId("cw-menu").setAttribute("aria-expanded", String(show));
  for (const behind of ["cw-chat", "cw-panel"]) byId(behind).inert = show;
  const drawer = getComputedStyle(byId("cw-menu")).display !== "none";
  if (show) byId("cw-new").focus();
  else if (drawer && byId("cw-side").contains(document.activeElement)) byId("cw-menu").focus();
};

const DO = {
  ask: (button) => ask(button.dataset.question),
  stop,
  new: () => (fresh(), side(false)),
  side: () => side(!byId("cw-side").classList.contains("cw-shown")),
  open: (button) => {
    const kept = store.talk(button.closest("li").dataset.talk);
    if (kept && kept.id !== talk.id) open(kept);
    side(false);
  },
  rename: (button) => rename(button.closest("li")),
  delete: (button) => remove(button.closest("li")),
  undo: () => {
    for (const restore of undo) restore();
    hush();
  },
  retry: (button) => again(turnOf(button), turnOf(button).question),
  edit: (button) => edit(turnOf(button), viewOf(turnOf(button)).question, turnOf(button).question, false),
  "edit-asked": (button) => edit(turnOf(button), viewOf(turnOf(button)).asked, button.parentElement.querySelector(".cw-asked-text").textContent, true),
  copy: (button) => copy(plainText(turnOf(button))),
  "copy-text": (button) => copy(button.dataset.text),
  link: (button) => copy(linkTo(turnOf(button))),
  sources: (button) => (activate(turnOf(button).id), byId("cw-panel").focus()),
  "tick-all": tickAll,
  "export-ticked": exportTicked,
  export: (button) => save([turnOf(button)], button.dataset.format),
  "export-all": (button) => save(talk.turns, button.dataset.format),
  up: (button) => vote(turnOf(button), "up"),
  down: (button) => vote(turnOf(button), "down"),
  similar,
  reload: () => trigger?.("reload"),
  "open-settings": () => openSettings(),
  "open-papers": () => (byId("cw-papers").showModal(), listPapers()),
};
