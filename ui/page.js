/* Jumps within the page: from a chip to its source card, and back to the chat. A plain `#...` link would not do: gradio's
   page has a <base>, so on an address with a query (as in an embedded Space) it loads the page anew and the chat is lost. */

document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    const target = document.getElementById(link.getAttribute("href").slice(1));
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    document.querySelectorAll(".cw-here").forEach((card) => card.classList.remove("cw-here"));
    target.classList.add("cw-here");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: target.matches(".cw-card") ? "start" : "end", behavior: calm ? "instant" : "smooth" });
    target.setAttribute("tabindex", "-1");
    (target.querySelector("textarea") ?? target).focus({ preventScroll: true });
  },
  true,
);

/* Offers a saved conversation as a file. Made in the page, so that the server keeps no copy. */
window.cwSave = (text) => {
  if (!text) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `citewise-${new Date().toISOString().slice(0, 16).replace(/[T:]/g, "-")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
