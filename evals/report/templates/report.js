/* Filters the questions and opens what an address points at. Without it the page is a plain list, so it only adds. */
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const questions = [...document.querySelectorAll("details.question")];
  const words = new Map();
  const [failure, type, text, toggle, count] = ["by-failure", "by-type", "by-text", "toggle", "count"].map(byId);

  const fold = (said) => said.normalize("NFKC").toLowerCase();

  function wordsOf(question) {
    if (!words.has(question)) words.set(question, fold(question.textContent));
    return words.get(question);
  }

  function matches(question, wanted) {
    return (
      (!failure.value || question.dataset.kinds.split(" ").includes(failure.value)) &&
      (!type.value || question.dataset.type === type.value) &&
      wanted.every((word) => wordsOf(question).includes(word))
    );
  }

  const shown = () => questions.filter((question) => !question.hidden);

  function label() {
    const open = shown().length > 0 && shown().every((question) => question.open);
    toggle.textContent = open ? "Close all shown" : "Open all shown";
    return open;
  }

  function filter() {
    const wanted = fold(text.value).split(/\s+/).filter(Boolean);
    for (const question of questions) question.hidden = !matches(question, wanted);
    count.textContent = `${shown().length} of ${questions.length} shown`;
    label();
  }

  function follow() {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    const question = target && target.closest("details.question");
    if (!question) return;
    question.hidden = false;
    question.open = true;
    target.scrollIntoView();
  }

  for (const field of [failure, type, text]) field.addEventListener("input", filter);
  toggle.addEventListener("click", () => {
    const open = label();
    for (const question of shown()) question.open = !open;
    label();
  });
  // Toggle events do not bubble.
  byId("questions").addEventListener("toggle", label, true);
  addEventListener("hashchange", follow);
  byId("filter").hidden = false;
  // A browser that goes back puts the earlier choice into the fields.
  addEventListener("pageshow", filter);
  filter();
  follow();
})();
