/* Settings, clicks and typing, and what the page's hidden components call. */

/* --- settings ------------------------------------------------------------------------------------------------------------------ */

const applySettings = () => {
  const { scores, theme } = store.settings();
  byId("cw").classList.toggle("cw-with-scores", scores);
  if (theme) document.body.classList.toggle("dark", theme === "dark");
  const paper = getComputedStyle(byId("cw")).getPropertyValue("--cw-paper");
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) if (OURS && theme) meta.content = paper;
};

const openSettings = () => {
  const form = byId("cw-settings").querySelector("form");
  const { mode, papers, scores, theme } = store.settings();
  form.elements.mode.value = mode;
  form.elements.papers.value = papers;
  form.elements.scores.checked = scores;
  form.elements.theme.value = theme;
  form.onchange = () => {
    const { elements } = form;
    const before = store.settings().theme;
    store.keepSettings({ mode: elements.mode.value, papers: elements.papers.value, scores: elements.scores.checked, theme: elements.theme.value });
    if (before && !elements.theme.value) document.body.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);
    applySettings();
  };
  byId("cw-settings").showModal();
};

/* --- events -------------------------------------------------------------------------------------------------------------------- */

document.addEventListener("click", (event) => {
  const target = event.target.closest?.("#cw .cw-chip, #cw [data-do]");
  for (const menu of document.querySelectorAll("#cw .cw-menu[open]")) {
    if (menu.contains(event.target) && !target) continue;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.firstElementChild.focus();
  }
  const drawer = byId("cw-side");
  if (drawer?.classList.contains("cw-shown") && event.target.isConnected && !drawer.contains(event.target) && !target?.matches("#cw-menu")) {
    event.preventDefault();
    side(false);
    return;
  }
  if (!target) return;
  if (target.matches(".cw-chip")) {
    // A plain `#` link would load the page anew: gradio's page has a <base>.
    event.preventDefault();
    hideTip();
    showSource(target);
  } else DO[target.dataset.do]?.(target);
});

for (const [name, shows] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
  document.addEventListener(name, (event) => {
    const chip = event.target.closest?.("#cw .cw-chip");
    if (chip && (!NARROW.matches || name.startsWith("focus"))) (shows ? showTip : hideTip)(chip);
  });
}
document.addEventListener(
  "scroll",
  ({ target }) => target.contains(document.querySelector('[aria-describedby="cw-tip"]')) && hideTip(),
  true,
);

const grow = (box) => {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 168)}px`;
};

const countChars = () => {
  const box = byId("cw-box");
  grow(box);
  const [length, most] = [box.value.length, FACTS.questionChars];
  byId("cw-limit").textContent = length > 0.8 * most ? `${length.toLocaleString("en")} of ${most.toLocaleString("en")} characters` : "";
};

const submit = () => {
  const box = byId("cw-box");
  if (ask(box.value)) {
    box.value = "";
    keepDraft();
    countChars();
  }
};

/** Once the page's elements are there. */
const start = () => {
  byId("cw-coming")?.remove(); // what the server shows until then
  byId("cw-box").addEventListener("input", () => (countChars(), keepDraftSoon()));
  byId("cw-box").addEventListener("keydown", (event) => {
    if (!event.isComposing) recall(event);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  byId("cw-ask").addEventListener("submit", (event) => (event.preventDefault(), submit()));
  startShelf();
  byId("cw-find").addEventListener("input", drawTalks);
  byId("cw-find").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !byId("cw-find").value) return;
    event.stopPropagation();
    byId("cw-find").value = "";
    drawTalks();
  });
  byId("cw-log").addEventListener("scroll", drawWayBack, { passive: true });
  byId("cw-turns").addEventListener("toggle", drawWayBack, true);
  // The last turn is as tall as the log (answer.css).
  new ResizeObserver(([log]) => byId("cw").style.setProperty("--cw-log", `${log.contentRect.height}px`)).observe(byId("cw-log"));
  applySettings();
  beginLibrary();
  beginEditing();
  beginView();
  begin();
  addEventListener("storage", otherTab);
  // The page around a frame keeps its focus and its place.
  if (viewNow() === "ask" && !NARROW.matches && !FRAMED) byId("cw-box").focus();
};

const whenThere = () => (byId("cw") ? start() : requestAnimationFrame(whenThere));
whenThere();

/** What the page's hidden components call. */
window.citewise = {
  connect: (events, functions) => {
    trigger = eventsOf(events);
    server = functionsOf(functions);
    if (libraryNow() && libraries.now !== libraries.names[0]) trigger("look", libraries.now);
    if (pending) trigger("ask", pending);
    pending = null;
    void askAdding();
  },
  receive,
  interrupt,
  showStatus,
  figure: () => ({ type: "plotly", plot: JSON.stringify({ ...mapFigure(), data: [] }) }),
};
