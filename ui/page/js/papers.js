/* Cards of papers: what unfolds, what is copied of their words, asking about one, and how all of it is printed. */

/** The whole abstract of a card, or the cited sentences alone again. */
const unfold = (button, open = button.getAttribute("aria-expanded") !== "true") => {
  button.closest(".cw-card").classList.toggle("cw-folded", !open);
  button.setAttribute("aria-expanded", String(open));
  button.textContent = open ? "Show less" : "Whole abstract";
};

/** The paper's title in the question box, so that what is typed after it is asked of this paper. */
const askAbout = (button) => {
  const box = byId("cw-box");
  showView("ask");
  box.value = `About \u201c${button.dataset.title}\u201d: ${box.value.replace(/^About \u201c[^\u201d]*\u201d: /, "")}`;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
};

Object.assign(DO, { unfold: (button) => unfold(button), "ask-about": askAbout });

/* What TeX has left is shown as people read it; copied are the exact words, as an answer's own button copies them. */
document.addEventListener("copy", () => {
  const chosen = getSelection();
  const read = [...document.querySelectorAll("#cw abbr.cw-tex")].filter((word) => chosen.containsNode(word, true));
  const shown = read.map((word) => word.textContent);
  for (const word of read) word.firstChild.data = word.title;
  setTimeout(() => read.forEach((word, n) => (word.firstChild.data = shown[n])));
});

/* On paper each answer has its sources below it, also those that the panel does not show now. */
addEventListener("beforeprint", () => {
  for (const view of views.values()) {
    if (!view.sources.firstChild) continue;
    view.sources.dataset.label = view.label;
    view.sheet.append(view.sources);
    view.sheet.hidden = false;
    view.wasOpen = view.sheet.open;
    view.sheet.open = true;
  }
});
addEventListener("afterprint", () => {
  for (const view of views.values()) view.sheet.open = view.wasOpen ?? false;
  drawPanel();
});
