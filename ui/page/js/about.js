/* The papers that a question is about: taken away, the same question is asked of the whole library. */

Object.assign(DO, {
  "ask-all": (button) => {
    const turn = turnOf(button);
    if (again(turn, turn.question, true)) byId("cw-box").focus();
  },
});
