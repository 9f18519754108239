/* Removing papers, with the way back, and hearing of what others have changed in the library. */

const CHANGED_MS = 20000;
const REMOVALS = "citewise:removals";
let removing = []; // ids of the papers that the dialog asks about
let changing = 0; // removals and undos that are on their way

/** Whether this page changes the library itself just now; then nobody needs to be told that it changes. */
const editsNow = () => changing > 0 || addingNow.step === "adding";

/** A removal or an undo; what is listed is brought up to date with its answer. */
const changePapers = async (sent) => {
  changing++;
  const answer = await call("removing", sent);
  await reloadCatalogue();
  void askNews();
  changing--;
  return answer;
};

/** The removals of this tab that can be undone: [{undo, count, library}], the last one first. */
const removals = () => parse(session.getItem(REMOVALS)) ?? [];
const keepRemovals = (list) => {
  put(session, REMOVALS, JSON.stringify(list.slice(0, 20)));
  drawRemovals();
};

const drawRemovals = () => {
  let place = byId("cw-removed");
  if (!place) {
    place = element("ul");
    place.id = "cw-removed";
    place.setAttribute("aria-label", "Removed papers");
    byId("cw-shelf").prepend(place);
  }
  place.replaceChildren(
    ...removals().filter(({ library }) => library === libraryNow()).map(({ undo: word, count }) => {
      const item = element("li", "", `Removed ${count.toLocaleString("en")} paper${count === 1 ? "" : "s"} · `);
      const button = element("button", "cw-link", "Undo");
      button.type = "button";
      button.dataset.do = "undo-removal";
      button.dataset.undo = word;
      item.append(button);
      return item;
    }),
  );
  place.hidden = !place.firstChild;
};

const undoRemoval = async (word) => {
  const answer = await changePapers({ do: "undo", undo: word });
  if (!answer) return;
  toast(answer.note);
  keepRemovals(removals().filter((one) => one.undo !== word));
};

const askRemoval = async (ids) => {
  if (!ids.length) return void toast("Tick the papers to remove first.");
  const plan = await call("removing", { do: "plan", ids });
  if (!plan) return;
  removing = ids;
  byId("cw-removal-told").innerHTML = plan.html;
  const go = byId("cw-removal").querySelector("[data-do=removal-go]");
  go.hidden = !plan.papers;
  go.textContent = `Remove ${plan.papers.toLocaleString("en")} paper${plan.papers === 1 ? "" : "s"}`;
  byId("cw-removal").showModal();
  if (!plan.papers) void askNews();
};

const removePapers = async (button) => {
  button.disabled = true;
  const answer = await changePapers({ do: "remove", ids: removing });
  button.disabled = false;
  byId("cw-removal").close();
  if (!answer) return;
  if (answer.undo) {
    keepRemovals([{ undo: answer.undo, count: answer.removed, library: libraryNow() }, ...removals()]);
    toast(answer.note, () => void undoRemoval(answer.undo));
  } else toast(answer.note);
};

Object.assign(DO, {
  "remove-papers": (button) => {
    const one = button.dataset.paper;
    void askRemoval(one ? [one] : catalogueTicked());
  },
  "removal-cancel": () => byId("cw-removal").close(),
  "removal-go": (button) => void removePapers(button),
  "undo-removal": (button) => void undoRemoval(button.dataset.undo),
});

/* --- what others have changed ---------------------------------------------------------------------------------------------------- */

/** Ask whether the library has changed. Where it has, the page shows it, and views are told by the event `citewise:papers`. */
const askNews = async () => {
  if (!server || gone || !lastStatus) return;
  const [before, of] = [lastStatus.revision, libraryNow()];
  const answer = await server.news({ revision: before }).catch(() => null);
  if (!answer?.status || answer.revision === lastStatus?.revision || of !== libraryNow()) return;
  showStatus({ ...answer.status, revision: answer.revision, of });
  if (answer.status.state === "loading") return void setTimeout(askNews, 500);
  document.dispatchEvent(new CustomEvent("citewise:papers", { detail: { revision: answer.revision } }));
  void reloadCatalogue();
};

/** Another library is shown: what is being added to it or was removed from it is another thing. */
document.addEventListener("cw-library", () => {
  if (!FACTS.edits || !byId("cw-removed")) return;
  drawRemovals();
  clearTimeout(askAdding.timer);
  addingNow = { step: "none" };
  drawAdding();
  void askAdding();
});

setInterval(() => document.hidden || void askNews(), CHANGED_MS);
document.addEventListener("visibilitychange", () => document.hidden || void askNews());

/** Once the page's elements are there and the server is. */
const beginEditing = () => {
  byId("cw").toggleAttribute("data-edits", FACTS.edits);
  drawRemovals();
  byId("cw-adding-input").addEventListener("change", ({ target }) => void takeFiles([...target.files]));
  byId("cw-adding-text").addEventListener("input", drawAddingButtons);
  drawAddingButtons();
  if (local.getItem(VISITOR)) void askAdding();
};
