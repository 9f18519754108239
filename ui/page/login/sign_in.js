/* Signing in. Where the browser does not keep the cookie, the page would ask for the password for ever, so it looks whether it was kept. */

const WRONG = "This name and password do not fit together. Try again.";
const LOST =
  "Name and password are right, but this browser did not keep the cookie that says so, so it would ask again and again.";
const FRAMED =
  "This page is shown inside another site, and the browser blocks third-party cookies there. Open it in a tab of its own, or allow cookies of other sites for it.";
const ALONE = "Allow cookies for this site and try again. Over plain http some browsers keep none: use https.";
const MANY = "Too many attempts to sign in. Wait a minute, then try again.";
const SILENT = "The server does not answer. Try again in a moment.";

const at = (id) => document.getElementById(id);

/** An address below that of this page, whatever path a proxy serves it at. */
const below = (path) => `${location.pathname.replace(/\/$/, "")}/${path}`;

const say = (words, link = false) => {
  at("said").replaceChildren(...words.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
  if (!link) return;
  const open = { href: location.href, target: "_blank", rel: "noopener", textContent: "Open citewise in its own tab" };
  at("said").append(Object.assign(document.createElement("a"), open));
};

const signIn = async () => {
  const answer = await fetch(below("login"), { method: "POST", body: new URLSearchParams(new FormData(at("form"))) });
  if (answer.status === 429) return say([MANY]);
  if (!answer.ok) {
    say([WRONG]);
    at("password").select();
    return;
  }
  const kept = await fetch(below("gradio_api/login_check"), { cache: "no-store" });
  if (kept.status !== 401) return location.reload();
  const framed = window.top !== window.self;
  say([LOST, framed ? FRAMED : ALONE], framed);
};

at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = at("form").querySelector("button");
  button.disabled = true;
  say([]);
  await signIn().catch(() => say([SILENT]));
  button.disabled = false;
});
at("name").focus();
