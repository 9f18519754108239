/* The address and the title of the tab follow what is shown: #c= and the id of the conversation, #v= and a view, #paper= and the id of the
   paper that is open in the library. Back and Forward lead through them. */

const OURS = window.__gradio_mode__ === "app"; // else the page around is another's, whose address and title are left alone
const FRAMED = window.top !== window.self;
const HASH = "#c=";
const VIEW_HASH = "#v=";
const PAPER_HASH = "#paper=";

/** The id of the conversation that the address names; "" where it names none. */
const addressed = () => (OURS && location.hash.startsWith(HASH) ? location.hash.slice(HASH.length) : "");

/** The view that the address names, and the paper in it. */
const addressedView = () => {
  const hash = OURS ? location.hash : "";
  if (hash.startsWith(PAPER_HASH)) {
    try {
      return { view: "library", paper: decodeURIComponent(hash.slice(PAPER_HASH.length)) };
    } catch {
      return { view: "library", paper: "" }; // typed over
    }
  }
  const view = hash.startsWith(VIEW_HASH) ? hash.slice(VIEW_HASH.length) : "";
  return { view: Object.hasOwn(VIEWS, view) ? view : "ask", paper: "" };
};

const setAddress = (address, how = "replaceState") => {
  try {
    history[how](history.state, "", address);
  } catch {
    // Some frames refuse it; then the address stays as it is.
  }
};

/** The address and title of what is shown. */
const follow = () => {
  if (!OURS) return;
  const view = viewNow();
  const name = byId("cw-views").querySelector(`[data-view=${view}]`).textContent;
  const { hash = VIEW_HASH + view, title = name } = VIEWS[view].address?.() ?? {};
  const asks = view === "ask";
  const shown = asks ? (talk.turns.length ? titleOf(talk) : "") : title;
  document.title = shown ? `${shown} · citewise` : "citewise";
  const address = new URL(location.href);
  if (!asks) address.hash = hash;
  else if (talk.turns.length) address.hash = HASH + talk.id;
  else if ([HASH, VIEW_HASH, PAPER_HASH].some((ours) => address.hash.startsWith(ours))) address.hash = "";
  if (address.href !== location.href) setAddress(address);
};

/** Before another conversation or view is shown: Back leads to this one. In a frame, Back is the outer page's. */
const leave = () => OURS && !FRAMED && setAddress(location.href, "pushState");

/** Say that this browser does not have the conversation that the address names. */
const missing = (is) => {
  byId("cw-missing").hidden = !is;
};

addEventListener("popstate", () => {
  if (!OURS || !byId("cw")) return;
  popLibrary();
  if (followAddress() !== "ask") {
    if (!isOfLibrary(talk)) fresh();
    return follow();
  }
  const id = addressed();
  if (id === (talk.turns.length ? talk.id : "")) return;
  const kept = id && store.talk(id);
  if (kept) open(kept);
  else fresh();
  missing(id && !kept);
});
