/* Assist and conversations by keyboard: the focus stays where the work is, what was opened stays open. */
"use strict";

(() => {
  let asked = false;
  let open = [];
  const key = (details) => details.dataset.key;

  document.addEventListener("htmx:beforeSwap", (event) => {
    asked = Boolean(document.activeElement?.closest("#heard"));
    open = [...document.querySelectorAll("details[data-key][open]")].map(key);
  });

  const showLastWords = () => {
    for (const log of document.querySelectorAll("[data-log]")) log.scrollTop = log.scrollHeight;
  };
  showLastWords();

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.querySelector?.("[data-log]")) showLastWords();
    for (const each of document.querySelectorAll("details[data-key]")) if (open.includes(key(each))) each.open = true;
    if (!asked || document.activeElement !== document.body) return;
    const next = document.querySelector(".question button, .question input:not([type=hidden])");
    (next || document.getElementById("typed"))?.focus();
  });

  document.addEventListener("click", (event) => {
    const words = event.target.closest?.("button[data-insert]")?.dataset.insert;
    const place = document.getElementById("answer");
    if (words === undefined || !place) return;
    const before = place.value.slice(0, place.selectionStart);
    const after = place.value.slice(place.selectionEnd);
    place.value = `${before}${before && !before.endsWith("\n") ? "\n" : ""}${words}${after}`;
    place.focus();
  });

  document.getElementById("wrong")?.focus();
})();
