/* The table of the library by keyboard and pointer. The focus stays on the table; the row that the keys have come to is told by it. */

const setAt = (n) => {
  table.at = n;
  drawRows();
};

/** Go to a row, which comes into sight. */
const goToRow = (n) => {
  const { told, row } = table;
  if (!told?.found) return;
  const at = Math.min(Math.max(n, 0), told.found - 1);
  const place = shelf();
  const head = place.querySelector(".cw-rows-head").offsetHeight;
  const [top, bottom] = [at * row, (at + 1) * row];
  if (top < place.scrollTop) place.scrollTop = top;
  else if (bottom + head > place.scrollTop + place.clientHeight) place.scrollTop = bottom + head - place.clientHeight;
  setAt(at);
  if (shownPaper() && !NARROW.matches) {
    clearTimeout(goToRow.timer);
    goToRow.timer = setTimeout(() => shelfRow(table.at) && openPaper(shelfRow(table.at).dataset.paper, { focus: false }), SOON_MS);
  }
};

/** The row that the keys go on from: before any, the one above those in sight. */
const fromRow = () => (table.at >= 0 ? table.at : Math.ceil(shelf().scrollTop / table.row) - 1);
const rowsInSight = () => Math.max(1, Math.floor(shelf().clientHeight / table.row) - 1);

const shelfKeys = {
  ArrowDown: () => goToRow(fromRow() + 1),
  ArrowUp: () => goToRow(fromRow() - 1),
  PageDown: () => goToRow(fromRow() + rowsInSight()),
  PageUp: () => goToRow(fromRow() - rowsInSight()),
  Home: () => goToRow(0),
  End: () => goToRow(Infinity),
  Enter: () => shelfRow(table.at) && openPaper(shelfRow(table.at).dataset.paper),
  " ": (event) => void tickRow(table.at, event.shiftKey),
};

/** Once the page's elements are there. */
const startShelf = () => {
  const rows = shelf();
  recallShelf();
  byId("cw-filter").addEventListener("input", () => {
    clearTimeout(startShelf.timer);
    startShelf.timer = setTimeout(() => searchShelf({ words: byId("cw-filter").value.trim() }), SOON_MS);
  });
  byId("cw-filter").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !table.told?.found) return;
    event.preventDefault();
    rows.focus();
    goToRow(Math.max(table.at, 0));
  });
  rows.addEventListener("keydown", (event) => {
    const does = shelfKeys[event.key];
    if (!does || event.target.closest(".cw-rows-head") || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    does(event);
  });
  rows.addEventListener("click", (event) => {
    const row = event.target.closest(".cw-paper-row");
    if (!row || String(getSelection())) return;
    setAt(Number(row.dataset.n));
    if (event.target.closest(".cw-col-tick")) {
      rows.focus({ preventScroll: true }); // rows come and go, and a focus in one would go with it
      void tickRow(table.at, event.shiftKey);
    } else if (!event.target.closest("[data-do]")) void openPaper(row.dataset.paper);
  });
  rows.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault()); // no text is chosen by ticking a range
  rows.addEventListener("scroll", () => {
    drawRows();
    clearTimeout(startShelf.kept);
    startShelf.kept = setTimeout(keepShelf, SOON_MS);
  }, { passive: true });
  byId("cw-tick-all").addEventListener("change", ({ target }) => void tickEvery(target.checked));
  byId("cw-sort").querySelector("select").addEventListener("change", ({ target }) => void sortBy(target.value));
  // Where the rows become higher or lower, the first one in sight stays.
  new ResizeObserver(() => {
    if (!table.told?.found || !seesShelf()) return;
    const before = table.row;
    const first = shelf().scrollTop / (before || 1);
    measureRows();
    if (before !== table.row) shelf().scrollTop = first * table.row;
    drawRows();
  }).observe(rows);
};
