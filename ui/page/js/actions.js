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
  if (turn.of) address.searchParams.set("of", JSON.stringify(turn.of.filter));
  if (libraryNow() && libraries.now !== libraries.names[0]) address.searchParams.set("library", libraries.now);
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

const similar = async (button) => {
  const card = button.closest("[data-paper]");
  const place = button.closest(".cw-tools").nextElementSibling;
  if (place.hidden && !place.firstChild) {
    if (place.waits) return;
    place.waits = true;
    const answer = await call("similar", { paper_id: card.dataset.paper, filter: filterNow() });
    place.waits = false;
    if (!answer) return;
    place.innerHTML = answer.html;
  }
  place.hidden = !place.hidden;
  button.setAttribute("aria-expanded", String(!place.hidden));
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
  ask: (button) => {
    if (ask(button.dataset.question)) viewOf(running).root.focus({ preventScroll: true }); // the button goes
  },
  stop,
  new: () => {
    if (talk.turns.length) leave();
    fresh();
    side(false);
  },
  side: () => side(!byId("cw-side").classList.contains("cw-shown")),
  open: (button) => {
    const kept = store.talk(button.closest("li").dataset.talk);
    if (kept && kept.id !== talk.id) {
      if (talk.turns.length) leave();
      open(kept);
    }
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
  reconnect: () => void lookAgain(),
  "whole-question": (button) => setClamped(viewOf(turnOf(button)), !isClamped(viewOf(turnOf(button)))),
  "to-answer": toAnswer,
  keys: () => openKeys(),
  "open-settings": () => openSettings(),
};
