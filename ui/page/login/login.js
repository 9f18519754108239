/* Beside gradio's own page for signing in, which loads itself anew after the right password. Where the browser did not keep the cookie,
   that would ask for the password for ever; where too many attempts were made, gradio's page says nothing. */

const LOST =
  "Name and password are right, but this browser did not keep the cookie that says so, so it would ask again and again.";
const FRAMED =
  "This page is shown inside another site, and the browser blocks third-party cookies there. Open it in a tab of its own, or allow cookies of other sites for it.";
const ALONE = "Allow cookies for this site and try again. Over plain http some browsers keep none: use https.";
const MANY = "Too many attempts to sign in. Wait a minute, then try again.";

const say = (words, link) => {
  const place = document.getElementById("cw-login") ?? document.createElement("div");
  place.id = "cw-login";
  place.setAttribute("role", "alert");
  place.style.cssText =
    "position:fixed;inset:auto 0 0 0;z-index:9;padding:16px 20px;font:16px/1.5 system-ui,sans-serif;color:#3b1d05;background:#fdebd3;border-top:1px solid #b45309";
  place.replaceChildren(...words.map((text) => Object.assign(document.createElement("p"), { textContent: text, style: "margin:0 0 6px" })));
  if (link) {
    const open = Object.assign(document.createElement("a"), { href: location.href, target: "_blank", rel: "noopener", textContent: "Open citewise in its own tab" });
    open.style.cssText = "color:#0f5e57;font-weight:700;text-decoration:underline";
    place.append(open);
  }
  document.body.append(place);
};

const plain = window.fetch.bind(window);
window.fetch = async (...asked) => {
  const answer = await plain(...asked);
  const address = new URL(asked[0]?.url ?? asked[0], location.href);
  if (!address.pathname.endsWith("/login")) return answer;
  if (answer.status === 429) say([MANY]);
  if (!answer.ok) return answer;
  const kept = await plain(new URL("gradio_api/login_check", address), { cache: "no-store" });
  if (kept.status !== 401) return answer;
  const framed = window.top !== window.self;
  say([LOST, framed ? FRAMED : ALONE], framed);
  return new Promise(() => {}); // gradio's page is not told, so that it does not load itself anew
};
