/* Which library is asked, where the window has several. One is shown at a time; a conversation belongs to the library that it was begun
   with, so choosing another one begins a new conversation, and opening an older one leads back to its library. */

const LIBRARY = "citewise:library"; // what this tab has chosen
const libraries = { names: [], now: "" };

/** The name of the library that is asked; nothing where there is only one, which is meant without a name. */
const libraryNow = () => (libraries.names.length > 1 ? libraries.now : undefined);

/** What goes to the server says which library is meant. */
const namingLibrary = (data) => (libraryNow() ? { ...data, library: libraryNow() } : data);
const functionsOf = (functions) => new Proxy(functions, { get: (all, name) => all[name] && ((data) => all[name](namingLibrary(data))) });
const eventsOf = (events) => (name, data) =>
  events(name, name === "ask" ? namingLibrary(data) : name === "reload" ? (libraryNow() ?? null) : data);

/** The picker shows it, and so does the address where it is not the first one. */
const drawLibraries = () => {
  const picker = byId("cw-pick");
  const known = libraries.names.includes(libraries.now);
  picker.querySelector(".cw-unknown")?.remove();
  if (!known) {
    const gone = element("option", "cw-unknown", `${libraries.now} (not here)`);
    gone.value = libraries.now;
    picker.append(gone);
  }
  picker.value = libraries.now;
  picker.title = libraries.now;
  if (!OURS) return;
  const address = new URL(location.href);
  if (libraries.now === libraries.names[0]) address.searchParams.delete("library");
  else address.searchParams.set("library", libraries.now);
  if (address.href !== location.href) setAddress(address);
};

/** From now on this library is meant; what was known of the one before is forgotten. */
const setLibrary = (name) => {
  if (!libraryNow() || name === libraries.now) return;
  libraries.now = name;
  put(session, LIBRARY, name);
  [chosen, choiceTold, ready, lastStatus] = [null, {}, false, null];
  drawLibraries();
  drawChoice();
  clearTimeout(showExamples.timer);
  byId("cw-examples").replaceChildren();
  for (const place of [byId("cw-welcome"), byId("cw-library").lastElementChild, byId("cw-holds")]) fill(place, "");
  forgetCatalogue();
  forgetMap();
  VIEWS[viewNow()].news?.();
  if (libraries.names.includes(name)) trigger?.("look", name);
  else {
    const { line, note } = FACTS.unknownLibrary;
    showStatus({ ...STATUS_OF_NONE, line, note, of: name });
    toast(`The library “${name}” is not open here. Choose another one at the top.`);
  }
};
const STATUS_OF_NONE = { state: "failed", count: "Papers", welcome: "", library: "", runs: "", retry: false };

/** Nothing of the table of the library before is left. */
const forgetCatalogue = () => {
  if (shownPaper()) hidePaper();
  Object.assign(table, { stale: true, told: null, run: {}, at: -1 });
  table.parts.clear();
  table.asked.clear();
  byId("cw-rows-body").replaceChildren();
  void tickEvery(false);
};

/** The library of the address that Back or Forward has led to. */
const popLibrary = () => {
  if (libraryNow()) setLibrary(new URL(location.href).searchParams.get("library") || libraries.names[0]);
};

/** Somebody chooses another library: the conversation with the one before stays in the list. */
const chooseLibrary = (name) => {
  if (name === libraries.now) return;
  const had = talk.turns.length > 0;
  if (had) leave();
  setLibrary(name);
  if (had) fresh();
  choose(null);
  byId("cw-announce").textContent = `The library ${name} is asked.`;
};

/** The library of the conversation that is shown; a new one keeps to the library at hand. */
const followLibrary = () => {
  if (libraryNow() && typeof talk.library === "string" && talk.library) setLibrary(talk.library);
};

/** What the address asks for, else what this tab had. */
const beginLibrary = () => {
  const picker = byId("cw-pick");
  libraries.names = [...picker.options].map((option) => option.value);
  libraries.now = libraries.names[0] ?? "";
  const asked = (OURS && new URL(location.href).searchParams.get("library")) || session.getItem(LIBRARY);
  if (libraryNow() && asked) setLibrary(asked);
  picker.addEventListener("change", () => chooseLibrary(picker.value));
};

/** Whether a conversation can go on in the library that is meant now. */
const isOfLibrary = (kept) => !libraryNow() || !kept?.library || kept.library === libraries.now;

/** Whether a status is of the library that is shown. */
const isOfShown = (status) => !libraryNow() || status.of === libraries.now;
