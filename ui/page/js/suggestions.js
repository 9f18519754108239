/* Questions that are offered: the server asks them silently first, so they come when it knows that they are answered. */

const EXAMPLES_MS = { first: 400, most: 2500 };
const AGAIN_MS = 8000;

/** What could be asked after the last answer, below everything else of it, so that nothing moves; asked for again where the server
    had no time for it. */
const suggest = async (tries = 3) => {
  clearTimeout(suggest.timer);
  const turn = talk.turns.at(-1);
  if (!server?.next || turn?.step !== "done" || !turn.answer) return;
  const [of, filter] = [talk, filterNow()];
  const { html } = (await server.next({ turns: of.turns.filter((one) => one.answer).slice(-FACTS.historyTurns), filter }).catch(() => null)) ?? {};
  if (talk !== of || filter !== filterNow() || talk.turns.at(-1) !== turn || running) return;
  if (!html) {
    if (tries > 1) suggest.timer = setTimeout(suggest, AGAIN_MS, tries - 1);
    return;
  }
  const { foot } = viewOf(turn);
  for (const old of byId("cw-turns").querySelectorAll(".cw-next")) old.remove();
  foot.append(document.createRange().createContextualFragment(html));
  dropRepeats(viewOf(turn));
};

/** Questions to begin with, as they become known: some are at once. */
const showExamples = async (wait = EXAMPLES_MS.first) => {
  clearTimeout(showExamples.timer);
  const filter = filterNow();
  const { examples = [], done = true } = (await server?.examples?.({ filter }).catch(() => null)) ?? {};
  if (filter !== filterNow()) return;
  const items = examples.map((question) => {
    const item = element("li");
    const button = element("button", "", question);
    button.type = "button";
    button.dataset.do = "ask";
    button.dataset.question = question;
    item.append(button);
    return item;
  });
  if (items.length) byId("cw-examples").replaceChildren(...items);
  if (!done) showExamples.timer = setTimeout(showExamples, wait, Math.min(2 * wait, EXAMPLES_MS.most));
};
