/* Adding papers: files and pasted text go to the server, which says what would become of them, takes them in when it is told to, and goes
   on with that when the page is left. This browser has a word by which the server knows what is its own. */

const VISITOR = "citewise:visitor";
const MOST_BYTES = FACTS.uploadBytes; // of one file
const MOST_DROPPED = 200; // files at once
const ASK_ADDING_MS = { open: 700, closed: 2500 };
const BUSY = ["looking", "adding"];
let sentFiles = []; // files of this page: {name, size, sent, id, why}
let addingNow = { step: "none" }; // what the server says of the addition

/** The word by which the server knows this browser; nobody else can guess it. */
const visitor = () => {
  let word = local.getItem(VISITOR);
  if (!word) {
    word = [...crypto.getRandomValues(new Uint8Array(24))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    put(local, VISITOR, word);
  }
  return (visitor.word ??= word);
};

const megabytes = (bytes) =>
  bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`;

/* --- the panel ----------------------------------------------------------------------------------------------------------------- */

const openAdding = () => {
  const dialog = byId("cw-adding");
  if (!FACTS.edits || dialog.open) return;
  side(false);
  dialog.showModal();
  drawAdding();
  void askAdding();
};

/** The form again, with the files that wait. */
const showChoose = () => {
  addingNow = { step: "none" };
  drawAdding();
};

const drawAdding = () => {
  const { step, html = "", note = "", part = null } = addingNow;
  const dialog = byId("cw-adding");
  const before = dialog.dataset.step;
  dialog.dataset.step = step;
  byId("cw-adding-choose").hidden = step !== "none";
  byId("cw-adding-run").hidden = !BUSY.includes(step);
  byId("cw-adding-note").textContent = note;
  const bar = byId("cw-adding-run").querySelector("progress");
  if (part === null) bar.removeAttribute("value");
  else bar.value = part;
  fill(byId("cw-adding-told"), html);
  byId("cw-adding-away").hidden = step !== "adding";
  drawFiles();
  const now = byId("cw-adding-now");
  now.hidden = !BUSY.includes(step) && !(step === "looked" && addingNow.add);
  now.textContent = step === "looked" ? "Papers wait to be added" : note;
  if (before !== step && dialog.open && !BUSY.includes(step) && step !== "none") {
    byId("cw-adding-told").focus();
    byId("cw-announce").textContent = byId("cw-adding-told").querySelector("h3, p")?.textContent ?? "";
  }
};

const drawAddingButtons = () => {
  const { step, add = "" } = addingNow;
  const button = (name) => byId("cw-adding").querySelector(`[data-do=${name}]`);
  const coming = sentFiles.some((row) => row.request || row.file);
  const some = sentFiles.some((row) => row.id) || !!byId("cw-adding-text").value.trim();
  button("adding-look").hidden = step !== "none";
  button("adding-look").disabled = coming || !some;
  button("adding-go").hidden = step !== "looked" || !add;
  button("adding-go").textContent = add;
  button("adding-stop").hidden = !BUSY.includes(step);
  button("adding-again").hidden = !["failed", "stopped"].includes(step) || addingNow.kind !== "add";
  button("adding-drop").hidden = !(["looked", "failed", "stopped"].includes(step) || (step === "none" && sentFiles.length));
  button("adding-drop").textContent = step === "looked" && !add ? "Start over" : "Cancel";
  button("adding-more").hidden = !["looked", "added"].includes(step);
  button("adding-done").hidden = step !== "added";
  button("adding-show").hidden = step !== "added" || !addingNow.filter;
};

/** A step of the addition; what the server says of it is drawn. */
const addingStep = async (sent) => {
  const answer = await call("adding", { visitor: visitor(), ...sent });
  if (answer) showAdding(answer);
  return answer;
};

const showAdding = (answer) => {
  const was = addingNow.step;
  addingNow = answer;
  drawAdding();
  clearTimeout(askAdding.timer);
  if (BUSY.includes(answer.step)) askAdding.timer = setTimeout(askAdding, byId("cw-adding").open ? ASK_ADDING_MS.open : ASK_ADDING_MS.closed);
  else if (was === "adding") {
    void askNews();
    if (!byId("cw-adding").open) toast(byId("cw-adding-told").querySelector("h3, p")?.textContent ?? "The papers are in.");
  }
};

/** What the server says of this browser's addition, which may have begun before the page was loaded or in another tab. */
const askAdding = async () => {
  if (!FACTS.edits || !server) return;
  const answer = await server.adding({ visitor: visitor(), do: "state" }).catch(() => null);
  if (!answer || answer.error) {
    if (BUSY.includes(addingNow.step)) askAdding.timer = setTimeout(askAdding, ASK_ADDING_MS.closed);
    return;
  }
  // What is being chosen here is not put away by what another tab has done before.
  if (answer.step === "none" || BUSY.includes(answer.step) || BUSY.includes(addingNow.step) || !(sentFiles.length || byId("cw-adding-text").value)) showAdding(answer);
};

const lookAtFiles = async () => {
  const files = sentFiles.map((row) => row.id).filter(Boolean);
  const answer = await addingStep({ do: "look", files, text: byId("cw-adding-text").value });
  if (answer) byId("cw-adding").querySelector("[data-do=adding-stop]").focus();
};

const forgetFiles = () => {
  for (const row of sentFiles) row.request?.abort();
  sentFiles = [];
  byId("cw-adding-text").value = "";
  byId("cw-adding-input").value = "";
  drawFiles();
};

/** The papers of a filter, listed. */
const listChosen = async (filter) => {
  byId("cw-adding").close();
  byId("cw-filter").value = "";
  Object.assign(table.query, { words: "", flag: "" });
  await choose(filter);
  showView("library");
  void reloadCatalogue();
};

Object.assign(DO, {
  "add-papers": () => openAdding(),
  "adding-close": () => byId("cw-adding").close(),
  "adding-choose": () => byId("cw-adding-input").click(),
  "adding-look": () => void lookAtFiles(),
  "adding-go": () => void addingStep({ do: "add" }),
  "adding-again": () => void addingStep({ do: "add" }),
  "adding-stop": () => void addingStep({ do: "stop" }),
  "adding-without": (button) => {
    sentFiles = sentFiles.filter((row) => row.id !== button.dataset.file);
    drawFiles();
    void addingStep({ do: "without", file: button.dataset.file });
  },
  "adding-unsend": (button) => {
    const [row] = sentFiles.splice(Number(button.dataset.n), 1);
    row?.request?.abort();
    drawFiles();
  },
  "adding-more": () => {
    if (addingNow.step === "added") {
      forgetFiles();
      void addingStep({ do: "drop" });
    }
    showChoose();
  },
  "adding-drop": async () => {
    const { step } = addingNow;
    forgetFiles();
    await addingStep({ do: "drop" });
    if (step === "none") byId("cw-adding").close();
  },
  "adding-done": async () => {
    byId("cw-adding").close();
    forgetFiles();
    await addingStep({ do: "drop" });
  },
  "adding-report": async (button) => {
    const file = await call("adding", { visitor: visitor(), do: "report", format: button.dataset.format });
    if (file) download(file);
  },
  "adding-show": () => void listChosen(addingNow.filter),
  "adding-ask": (button) => {
    byId("cw-adding").close();
    showView("ask");
    void choose({ ids: parse(button.dataset.ids) });
    byId("cw-box").focus();
  },
  "adding-paper": (button) => {
    byId("cw-adding").close();
    showView("library");
    void openPaper(button.dataset.paper);
  },
});

/* --- dropping files anywhere ---------------------------------------------------------------------------------------------------- */

const bringsFiles = (event) => FACTS.edits && !!byId("cw") && [...(event.dataTransfer?.types ?? [])].includes("Files");

const showZone = (show) => {
  const zone = byId("cw-dropzone");
  if (show && zone.hidden) (document.querySelector("dialog[open]") ?? byId("cw")).append(zone);
  zone.hidden = !show;
};

document.addEventListener("dragenter", (event) => bringsFiles(event) && (event.preventDefault(), showZone(true)));
document.addEventListener("dragover", (event) => bringsFiles(event) && (event.preventDefault(), showZone(true)));
document.addEventListener("dragleave", (event) => event.relatedTarget === null && byId("cw-dropzone") && showZone(false));
document.addEventListener("drop", async (event) => {
  if (!bringsFiles(event)) return;
  event.preventDefault();
  showZone(false);
  void takeFiles(await droppedFiles(event.dataTransfer));
});
