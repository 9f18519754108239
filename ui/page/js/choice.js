/* Which papers are asked. The choice is a filter in the form of the endpoints, or null for the whole library; what it leaves, in numbers
   and in words, the server says. It belongs to the tab and its conversation: questions, suggestions, the table of papers and the empty chat
   keep to it, and a turn keeps what it was asked of. */

const CHOICE = "citewise:chosen";
let chosen = null;
let choiceTold = {}; // what the server says of it: papers, every, pills, note, button, line, problem; and `holdings`, once it is known

const filterNow = () => chosen;

/** What a question is asked of now, as a turn keeps it; null for the whole library. */
const choiceNow = () => {
  const { papers = null, every = null, line = "" } = choiceTold;
  return chosen && { filter: chosen, papers, every, line };
};

const choicePlaces = () => [byId("cw-of"), byId("cw-papers-of")];

const drawChoice = () => {
  const { button = "chosen papers", pills = "", problem = "" } = chosen ? choiceTold : { button: "all papers" };
  for (const place of choicePlaces()) {
    place.querySelector(".cw-choose-label").textContent = button;
    fill(place.querySelector(".cw-pills"), pills);
    place.querySelector("[data-do=choose-all]").hidden = !chosen;
    place.querySelector(".cw-problem").hidden = !problem;
    place.querySelector(".cw-problem").textContent = problem;
  }
  drawHoldings();
};

/** What the empty chat shows, and the button that opens the list: of the chosen papers, or of the library. */
const drawHoldings = () => {
  if (!lastStatus) return;
  const { welcome, library } = (chosen && choiceTold.holdings) || lastStatus;
  fill(byId("cw-welcome"), welcome);
  // Beside an empty chat, or on a narrow screen below its welcome.
  for (const place of [byId("cw-library").lastElementChild, byId("cw-holds")]) fill(place, library);
  byId("cw-count").textContent = (chosen && choiceTold.note) || lastStatus.count;
};

/** Ask the server what the choice leaves. It says so anew after every answer: papers come and go. */
const askChoice = async () => {
  const filter = chosen;
  if (!filter || !ready) return;
  const answer = await call("choose", { filter });
  if (!answer || filter !== chosen) return;
  const { holdings } = answer.papers === choiceTold.papers && answer.every === choiceTold.every ? choiceTold : {};
  choiceTold = { ...answer, holdings };
  drawChoice();
  void askHoldings();
};

const askHoldings = async () => {
  const told = choiceTold;
  if (!chosen || !told.papers || told.holdings || talk.turns.length) return;
  const holdings = await server?.overview({ filter: chosen }).catch(() => null);
  if (told !== choiceTold || !holdings || holdings.error) return;
  told.holdings = holdings;
  drawHoldings();
};

const choiceKey = () => (talk.turns.length ? talk.id : "new");

/** Choose these papers, or with null the whole library. */
const choose = (filter) => {
  chosen = soundFilter(filter) ? filter : null;
  put(session, CHOICE, JSON.stringify({ talk: choiceKey(), filter: chosen }));
  choiceTold = {};
  drawChoice();
  const asked = askChoice();
  // What was offered was offered of other papers.
  byId("cw-examples").replaceChildren();
  for (const old of byId("cw-turns").querySelectorAll(".cw-next")) old.remove();
  if (ready) void showExamples();
  if (!running) void suggest();
  void filterShelf();
  return asked;
};

/** The choice of the conversation that is shown now: what was chosen last in this tab, else what its last question was asked of. A new
    one goes on with what is chosen. */
const showChoice = () => {
  const kept = parse(session.getItem(CHOICE));
  const last = talk.turns.at(-1);
  const filter = kept?.talk === choiceKey() ? kept.filter : last ? (last.of?.filter ?? null) : chosen;
  if (JSON.stringify(filter) !== JSON.stringify(chosen)) void choose(filter);
  else void askHoldings();
};

/** No paper is left to be asked, as far as is known: say why, and look again, so that the next try knows better. */
const refuseNone = () => {
  toast(choiceTold.problem || "No paper is left to be asked. Change which papers are asked.");
  void askChoice();
};

/** The filter without what a pill stands for. */
const withoutPart = (filter, { field, n }) => {
  const rest = { ...filter };
  if (n !== undefined) rest[field] = rest[field].filter((_, place) => place !== Number(n));
  for (const name of field === "years" ? ["from_year", "to_year"] : [field]) if (n === undefined || !rest[name].length) delete rest[name];
  return rest;
};

const sayChoice = () => {
  byId("cw-announce").textContent = chosen ? (choiceTold.problem || choiceTold.note || "") : "All papers are asked.";
};

/** Where the focus goes when what had it is gone: to the pill in its place, else to the last one, else to this button. */
const focusPill = (place, n, button) => {
  const pills = [...place.querySelectorAll(".cw-pill button")];
  (pills[n] ?? pills.at(-1) ?? button).focus();
};

const dropPart = async (button) => {
  if (button.closest("#cw-choose")) return dropFromForm(button);
  const place = button.closest(".cw-chosen");
  const n = [...place.querySelectorAll(".cw-pill button")].indexOf(button);
  await choose(withoutPart(chosen, button.dataset));
  focusPill(place, n, place.querySelector(".cw-choose"));
  sayChoice();
};

Object.assign(DO, {
  "drop-part": (button) => void dropPart(button),
  "choose-all": (button) => {
    choose(null);
    button.closest(".cw-chosen").querySelector(".cw-choose").focus();
    sayChoice();
  },
  "ask-every": (button) => {
    const turn = turnOf(button);
    if (again(turn, turn.question, turn.alone, null)) byId("cw-box").focus();
  },
});
