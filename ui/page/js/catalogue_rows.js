/* The table of the library as it is drawn: what is told of all that is listed, its columns, and the rows in sight. */

const AROUND = 8; // rows that are drawn above and below those in sight

/** A day here, as year, month and date. */
const localDay = (time) => {
  const day = new Date(time);
  return Number.isNaN(day.valueOf()) ? time : `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
};
const localDays = (place) => {
  for (const time of place.querySelectorAll("time")) time.textContent = localDay(time.dateTime);
};

/** Say why there are no rows: HTML of the server's, or plain words, with a button to try again where that may help. */
const drawNothing = (html, words = "", again = "") => {
  const place = byId("cw-shelf-nothing");
  place.hidden = !html && !words;
  if (html) fill(place, html);
  else {
    place.replaceChildren(element("p", "", words));
    place.html = null;
    if (again) {
      const button = element("button", "", "Try again");
      button.type = "button";
      button.dataset.do = again;
      place.append(button);
    }
  }
  shelf().hidden = !place.hidden;
};

/** What is told of all that is listed. */
const drawTold = () => {
  const { told, query } = table;
  byId("cw-shelf-note").textContent = told.note;
  fill(byId("cw-shelf-flags"), told.flags);
  drawNothing(told.nothing);
  byId("cw-shelf").classList.toggle("cw-bare-shelf", !told.every);
  shelf().setAttribute("aria-rowcount", told.found + 1);
  for (const head of shelf().querySelectorAll("[role=columnheader]")) {
    const { column } = head.querySelector("button")?.dataset ?? {};
    if (column) head.setAttribute("aria-sort", column !== query.column ? "none" : query.descending ? "descending" : "ascending");
  }
  byId("cw-sort").querySelector("select").value = query.column;
  const turned = byId("cw-sort").querySelector("button");
  turned.textContent = query.descending ? "↓" : "↑";
  turned.setAttribute("aria-label", query.descending ? "Descending; make it ascending" : "Ascending; make it descending");
  if (lastStatus && lastStatus.count !== told.count) {
    lastStatus.count = told.count;
    drawHoldings();
    // The chat has said that there are no papers to ask.
    if (told.every && byId("cw-welcome").querySelector(".cw-nothing")) trigger?.("reload");
  }
  drawTicks();
};

/* The width of each column; on less room the columns that matter least go, as do those in which no paper has anything. */
const WIDTHS = {
  title: "minmax(200px, 3fr)",
  authors: "minmax(110px, 1.2fr)",
  year: "64px",
  venue: "minmax(90px, 1.1fr)",
  source: "minmax(90px, 1fr)",
  added: "96px",
  flags: "minmax(110px, 0.9fr)",
};
const ROOMY = 1000;

const drawColumns = () => {
  const narrow = shelf().clientWidth < ROOMY;
  const hides = new Set([...(table.told?.unknown ?? []), ...(narrow ? ["source", "added"] : [])]);
  const shown = Object.keys(WIDTHS).filter((column) => column === "title" || !hides.has(column));
  shelf().dataset.hides = [...hides].filter((column) => column !== "title").join(" ");
  shelf().style.setProperty("--cw-columns", ["40px", ...shown.map((column) => WIDTHS[column])].join(" "));
  byId("cw-sort").hidden = !narrow;
};

const measureRows = () => {
  drawColumns();
  table.row = byId("cw-catalogue").querySelector(".cw-row-probe").offsetHeight || table.row || 52;
  byId("cw-rows-body").style.height = `${(table.told?.found ?? 0) * table.row}px`;
};

/** The rows in sight and some around them; what is not here yet is asked for. */
const drawRows = () => {
  const { told, row } = table;
  if (!told?.found || !row || !seesShelf()) return;
  const body = byId("cw-rows-body");
  const top = shelf().scrollTop;
  const first = Math.max(0, Math.floor(top / row) - AROUND);
  const end = Math.min(told.found, Math.ceil((top + shelf().clientHeight) / row) + AROUND);
  const rows = [];
  const missing = new Set();
  for (let n = first; n < end; n++) {
    const one = shelfRow(n);
    if (!one) {
      missing.add(Math.floor(n / FACTS.pageRows));
      continue;
    }
    one.id = `cw-row-${n}`;
    one.style.top = `${n * row}px`;
    one.setAttribute("aria-rowindex", n + 2);
    one.dataset.n = n;
    drawTick(one);
    one.classList.toggle("cw-at", n === table.at);
    one.classList.toggle("cw-open", one.dataset.paper === shownPaper());
    rows.push(one);
  }
  if (rows.length !== body.children.length || rows.some((one, n) => body.children[n] !== one)) body.replaceChildren(...rows);
  const at = table.at >= first && table.at < end && shelfRow(table.at);
  if (at) shelf().setAttribute("aria-activedescendant", at.id);
  else shelf().removeAttribute("aria-activedescendant");
  clearTimeout(drawRows.timer);
  if (missing.size) drawRows.timer = setTimeout(() => [...missing].forEach(bringPart), rows.length ? 60 : 0);
};
