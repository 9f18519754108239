/* The address and the title of the tab follow the conversation: #c= and its id. Back and Forward lead through them. */

const OURS = window.__gradio_mode__ === "app"; // else the page around is another's, whose address and title are left alone
const FRAMED = window.top !== window.self;
const HASH = "#c=";

/** The id of the conversation that the address names; "" where it names none. */
const addressed = () => (OURS && location.hash.startsWith(HASH) ? location.hash.slice(HASH.length) : "");

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
  document.title = talk.turns.length ? `${titleOf(talk)} · citewise` : "citewise";
  const address = new URL(location.href);
  if (talk.turns.length) address.hash = HASH + talk.id;
  else if (addressed()) address.hash = "";
  if (address.href !== location.href) setAddress(address);
};

/** Before another conversation is shown: Back leads to this one. In a frame, Back is the outer page's. */
const leave = () => OURS && !FRAMED && setAddress(location.href, "pushState");

/** Say that this browser does not have the conversation that the address names. */
const missing = (is) => {
  byId("cw-missing").hidden = !is;
};

addEventListener("popstate", () => {
  if (!OURS || !byId("cw")) return;
  const id = addressed();
  if (id === (talk.turns.length ? talk.id : "")) return;
  const kept = id && store.talk(id);
  if (kept) open(kept);
  else fresh();
  missing(id && !kept);
});
