/* The list of cases by keyboard: up and down from one number to the next; one box for all of the page. */
"use strict";

(() => {
  const boxes = () => [...document.querySelectorAll('.cases tbody input[type="checkbox"]')];
  const offer = () => {
    const all = document.getElementById("all");
    if (all) all.hidden = false;
  };

  document.addEventListener("change", (event) => {
    if (event.target.id === "all") for (const box of boxes()) box.checked = event.target.checked;
  });

  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const cell = event.target.closest?.(".cases tbody a, .cases tbody input");
    if (!step || !cell) return;
    const kind = cell.localName;
    const column = [...document.querySelectorAll(`.cases tbody ${kind}`)];
    const next = column[column.indexOf(cell) + step];
    if (next) next.focus();
    event.preventDefault();
  });

  document.addEventListener("htmx:afterSettle", () => {
    offer();
    if (document.activeElement === document.body) document.getElementById("list")?.focus({ preventScroll: true });
  });
  offer();
})();
