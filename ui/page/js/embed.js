/* With ?embed=1 the page shows the chat and its sources alone, for a frame in another page (embed.css). What an address without it
   shows is one link away. */

const EMBED = OURS && ["", "1", "true", "yes"].includes(new URLSearchParams(location.search).get("embed"));
document.documentElement.classList.toggle("cw-embed", EMBED); // at once: the page is not there yet

/** Whether a tab of its own finds what this page keeps: browsers part what is kept in frames of other sites. */
const sharesStorage = () => {
  try {
    return local === window.localStorage && window.top.location.origin === location.origin;
  } catch {
    return false;
  }
};

/** The address of the whole window: with this conversation, or where it would not be found there, with its last question. */
const wholeWindow = () => {
  const last = talk.turns.at(-1);
  if (last && !sharesStorage()) return linkTo(last);
  const address = new URL(location.href);
  address.searchParams.delete("embed");
  return address.href;
};

for (const sign of ["pointerdown", "focusin"]) {
  document.addEventListener(sign, ({ target }) => {
    if (target.id === "cw-out") target.href = wholeWindow();
  });
}
