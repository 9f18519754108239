/* The boxes of a list of papers, and the export of what is ticked. By keyboard too: they are plain boxes and buttons. */

const tickedIn = (list) => [...list.querySelectorAll("[data-tick]:checked")].map((box) => box.dataset.tick);

const countTicks = (list) => {
  const every = list.querySelectorAll("[data-tick]").length;
  const ticked = tickedIn(list).length;
  list.querySelector(".cw-ticked-count").textContent = ticked ? `${ticked} of ${every} ticked` : "";
  const all = list.querySelector("[data-do=tick-all]");
  all.setAttribute("aria-pressed", String(ticked === every));
  all.textContent = ticked === every ? "Tick none" : "Tick all";
  for (const button of list.querySelectorAll("[data-do=export-ticked]")) button.disabled = !ticked;
};

const tickAll = (button) => {
  const list = button.closest(".cw-listed");
  const on = button.getAttribute("aria-pressed") !== "true";
  for (const box of list.querySelectorAll("[data-tick]")) box.checked = on;
  countTicks(list);
};

const exportTicked = async (button) => {
  const papers = tickedIn(button.closest(".cw-listed"));
  const file = await call("export", { turns: [turnOf(button)], format: button.dataset.format, title: titleOf(talk), papers });
  if (file) download(file);
};

document.addEventListener("change", ({ target }) => {
  if (target.matches?.("#cw [data-tick]")) countTicks(target.closest(".cw-listed"));
});
