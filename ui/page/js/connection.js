/* Whether the server is there. Where it is not, one line says so until it is; gradio's own message, which covers the sources, is hidden
   (frame.css). Gradio loads the page anew once it has noticed that the server is back; what is typed and shown is kept for that. */

const ASK_MS = { gone: 2000, running: 5000, idle: 10000 }; // how long nothing is heard before the page asks for itself
const PATIENCE_MS = 8000;
const AWAY = [502, 503, 504]; // what a proxy says for a server that is not there
let heard = 0; // when the server was last heard of, or asked
let told = 0; // when it last said something of the answer that runs
let gone = false;
let lastStatus = null; // what the server said last of the library

/** What names the run of the server; null where it is not there. */
const runOfServer = async () => {
  try {
    const address = `${location.pathname.replace(/\/$/, "")}/gradio_api/app_id`;
    const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return AWAY.includes(answer.status) ? null : ((await answer.json().catch(() => null))?.app_id ?? "");
  } catch {
    return null;
  }
};

const drawConnection = () => {
  const line = byId("cw-line");
  byId("cw-gone").hidden = !gone;
  if (gone) {
    drawConnection.before = [...line.childNodes];
    line.replaceChildren(element("span", "cw-bad", "Not connected"));
    line.html = null;
  } else if (lastStatus) fill(line, lastStatus.line);
  else line.replaceChildren(...drawConnection.before);
};

/** Ask the server whether it is there; twice, as a single failure may be a hiccup. */
const look = async () => {
  if (!OURS) return; // the page around is another's, and so is its address
  heard = performance.now();
  const run = (await runOfServer()) ?? (await runOfServer());
  const was = gone;
  gone = run === null;
  if (gone !== was) drawConnection();
  if (gone && running && performance.now() - told >= ASK_MS.running) interrupt();
  const before = window.gradio_config?.app_id;
  if (was && run && before && run !== before) location.reload(); // another run of it, which does not know this page
};
let looking = null;
const lookAgain = () => (looking ??= look().finally(() => (looking = null)));

setInterval(() => {
  if (document.hidden && !running && !gone) return;
  const wait = gone ? ASK_MS.gone : running ? ASK_MS.running : ASK_MS.idle;
  if (performance.now() - heard >= wait) void lookAgain();
}, 1000);
for (const sign of ["online", "offline"]) addEventListener(sign, () => void lookAgain());
document.addEventListener("visibilitychange", () => document.hidden || void lookAgain());
