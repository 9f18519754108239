/* The form in which papers are chosen. It is read as a filter; how many papers that leaves is shown while it is filled in, and nothing
   counts before it is sent. Names are strangers' text: they go in as text. */

const TYPED_MS = 250;
const LISTED_KINDS = ["authors", "venues", "sources"];
let picked = {}; // by kind the names that are ticked

const choiceForm = () => byId("cw-choose").querySelector("form");
const pickOf = (kind) => byId("cw-choose").querySelector(`.cw-pick[data-kind=${kind}]`);
const two = (number) => String(number).padStart(2, "0");

/** The beginning of a day here, so many days ago or that of the date field, as a time that says where. */
const beginningOf = (added, day) => {
  const [year, month, date] = day.split("-").map(Number);
  const now = new Date();
  const from = added === "day" ? new Date(year, month - 1, date) : new Date(now.getFullYear(), now.getMonth(), now.getDate() - Number(added));
  const zone = -from.getTimezoneOffset();
  const of = `${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
  return `${String(from.getFullYear()).padStart(4, "0")}-${two(from.getMonth() + 1)}-${two(from.getDate())}T00:00:00${zone < 0 ? "-" : "+"}${of}`;
};

/** The form as a filter. While a year is being typed, what is no whole year yet is left out. */
const readForm = (typing = false) => {
  const { from_year, to_year, text, added, day, ids } = choiceForm().elements;
  const filter = {};
  for (const field of [from_year, to_year]) {
    const year = field.value.trim();
    if (!year || (typing && field === document.activeElement && year.length < 4)) continue;
    filter[field.name] = Number(year);
  }
  if (text.value.trim()) filter.text = text.value.trim();
  for (const kind of LISTED_KINDS) if (picked[kind].length) filter[kind] = picked[kind];
  const named = [...new Set(ids.value.split(/\s+/).map((id) => id.replace(/[,;]+$/, "")).filter(Boolean))];
  if (named.length) filter.ids = named;
  if (added.value && (added.value !== "day" || day.value)) filter.added_since = beginningOf(added.value, day.value);
  return filter;
};

const drawPicked = () => {
  const ids = readForm().ids ?? [];
  for (const kind of [...LISTED_KINDS, "ids"]) {
    const many = (kind === "ids" ? ids : picked[kind]).length;
    pickOf(kind).querySelector(".cw-picked").textContent = many ? `(${many})` : "";
  }
};

/** Put a filter into the form. */
const writeForm = (filter) => {
  const form = choiceForm();
  const { from_year, to_year, text, added, day, ids } = form.elements;
  from_year.value = filter.from_year ?? "";
  to_year.value = filter.to_year ?? "";
  text.value = filter.text ?? "";
  ids.value = (filter.ids ?? []).join("\n");
  added.value = filter.added_since ? "day" : "";
  day.value = filter.added_since ? String(filter.added_since).slice(0, 10) : "";
  day.hidden = !filter.added_since;
  picked = Object.fromEntries(LISTED_KINDS.map((kind) => [kind, [...(filter[kind] ?? [])]]));
  for (const kind of LISTED_KINDS) if (pickOf(kind).open) void listNames(pickOf(kind));
  drawPicked();
};

/** What is wrong with the years of a filter; "" where nothing is. */
const wrongYears = ({ from_year: first = 1, to_year: last = 9999 }) => {
  if (![first, last].every((year) => Number.isInteger(year) && year > 0)) return "A year is a number such as 2020.";
  return first > last ? "The first year is after the last one." : "";
};

/** How many papers the form leaves; what the server says, or null where it says nothing. */
const countForm = async (typing = false) => {
  clearTimeout(countSoon.timer);
  const filter = readForm(typing);
  const run = (countForm.run = {}); // of two answers the later question's counts
  const error = wrongYears(filter);
  const answer = error ? { error } : await server?.choose({ filter }).catch(() => null);
  if (run !== countForm.run) return answer;
  const note = byId("cw-choose-note");
  note.textContent = answer ? answer.error || answer.problem || answer.note : "The server does not answer.";
  note.classList.toggle("cw-bad", !answer?.papers);
  if (answer && !answer.error) fill(byId("cw-choose").querySelector(".cw-pills"), answer.pills);
  return answer;
};
const countSoon = () => {
  clearTimeout(countSoon.timer);
  countSoon.timer = setTimeout(countForm, TYPED_MS, true);
};

const pickName = (kind, name, on) => {
  picked[kind] = picked[kind].filter((one) => one !== name);
  if (on) picked[kind].push(name);
  drawPicked();
  void countForm();
};

const nameRow = (kind, name, papers, label = name) => {
  const [item, line, box] = [element("li"), element("label"), element("input")];
  box.type = "checkbox";
  box.checked = picked[kind].includes(name);
  box.onchange = () => pickName(kind, name, box.checked);
  const words = element("span", "cw-name", label);
  words.dir = "auto";
  line.append(box, words, element("span", "cw-papers-of", papers));
  item.append(line);
  return item;
};

/** The names of a kind that hold what is typed; above them the words themselves, which stand for every name that holds them. */
const listNames = async (pick) => {
  const { kind } = pick.dataset;
  const field = pick.querySelector("input[type=text]");
  const words = field.value.trim();
  const answer = await call("names", { kind, words });
  if (!answer || words !== field.value.trim()) return;
  const listed = new Set(answer.names.map(([name]) => name));
  const others = words ? (listed.has(words) ? [] : [[words, "", `Every name with “${words}”`]]) : picked[kind].filter((name) => !listed.has(name)).map((name) => [name, ""]);
  pick.querySelector("ul").replaceChildren(...[...others, ...answer.names].map(([name, papers, label]) => nameRow(kind, name, papers, label)));
  pick.querySelector(".cw-note").textContent = answer.note;
};

const dropFromForm = async (button) => {
  const place = button.closest(".cw-pills");
  const n = [...place.querySelectorAll(".cw-pill button")].indexOf(button);
  writeForm(withoutPart(readForm(), button.dataset));
  await countForm();
  focusPill(place, n, byId("cw-choose").querySelector("[data-do=clear-choice]"));
};

const sendForm = async () => {
  const answer = await countForm();
  if (!answer || answer.error || !answer.papers) return; // the note says why
  byId("cw-choose").close();
  await choose(answer.filter);
  sayChoice();
};

const openForm = () => {
  const dialog = byId("cw-choose");
  const form = choiceForm();
  form.onsubmit = (event) => (event.preventDefault(), void sendForm());
  form.oninput = ({ target }) => {
    if (target.type === "checkbox") return;
    const pick = target.closest("[data-kind]:not([data-kind=ids])");
    if (pick) {
      clearTimeout(pick.timer);
      pick.timer = setTimeout(listNames, TYPED_MS, pick);
      return;
    }
    form.elements.day.hidden = form.elements.added.value !== "day";
    drawPicked();
    countSoon();
  };
  form.onkeydown = (event) => {
    const pick = event.target.closest(".cw-pick");
    if (event.key !== "Enter" || event.isComposing || event.target.type !== "text" || !pick) return;
    event.preventDefault(); // the words are taken, and the form stays
    const name = event.target.value.trim();
    if (!name) return;
    event.target.value = "";
    pickName(pick.dataset.kind, name, true);
    void listNames(pick);
  };
  for (const pick of dialog.querySelectorAll(".cw-pick")) {
    for (const field of pick.querySelectorAll("input[type=text]")) field.value = "";
    pick.open = !!chosen?.[pick.dataset.kind]?.length;
    pick.ontoggle = () => pick.open && pick.dataset.kind !== "ids" && void listNames(pick);
  }
  writeForm(chosen ?? {});
  byId("cw-choose-note").textContent = "";
  fill(dialog.querySelector(".cw-pills"), "");
  dialog.showModal();
  // What counting looks through is got ready before anything is typed.
  void countForm().then(() => server?.names({ kind: "authors", words: "" }).catch(() => null));
};

Object.assign(DO, {
  choose: openForm,
  "close-choice": () => byId("cw-choose").close(),
  "clear-choice": () => {
    writeForm({});
    void countForm();
  },
});
