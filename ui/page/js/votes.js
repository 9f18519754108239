/* Votes on answers. A vote that is pressed again is taken back; the server keeps that as a line of its own. */

const drawVote = (turn) => {
  for (const vote of ["up", "down"]) {
    const button = viewOf(turn).foot.querySelector(`[data-do=${vote}]`);
    if (!button) continue;
    const pressed = turn.vote === vote;
    button.setAttribute("aria-pressed", String(pressed));
    button.title = pressed ? "Take this vote back" : button.getAttribute("aria-label");
  }
};

const vote = async (turn, which, note = "") => {
  const of = talk;
  const back = !note && turn.vote === which;
  const reply = await call("feedback", { vote: back ? "withdrawn" : which, note, question: turn.question, answer: turn.answer });
  if (!reply) return;
  change(turn, { vote: back ? "" : which });
  if (talk !== of) return void (store.talk(of.id) && store.save(of));
  keep();
  drawVote(turn);
  const foot = viewOf(turn).foot;
  const before = foot.querySelector(".cw-feedback");
  before?.remove();
  if (back) return toast(reply.note);
  if (note) return toast("Thank you. The note is kept.");
  const form = element("form", "cw-feedback");
  const box = element("input");
  box.maxLength = FACTS.noteChars;
  box.value = before?.querySelector("input").value ?? "";
  box.placeholder = "Add a note (optional)";
  box.setAttribute("aria-label", "A note on this answer");
  form.append(element("p", "cw-note", reply.note), box, element("button", "", "Keep the note"));
  form.onsubmit = (event) => {
    event.preventDefault();
    if (box.value.trim()) void vote(turn, which, box.value.trim());
    else form.remove();
  };
  form.onkeydown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    form.remove();
    foot.querySelector(`[data-do=${which}]`).focus();
  };
  foot.querySelector(".cw-actions").after(form);
  box.focus();
};
