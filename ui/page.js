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
