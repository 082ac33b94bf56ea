// The permission matrix: a level sets the ticks of its row, ticks show the level that they amount to.
"use strict";

const LEVELS = { none: [], view: ["view"], work: ["view", "edit", "approve"] };

function ticks(row) {
  return [...row.querySelectorAll("input[type=checkbox]")];
}

function showLevel(row) {
  const boxes = ticks(row);
  const held = boxes.filter((box) => box.checked).map((box) => box.dataset.action);
  const fits = (wanted) =>
    boxes.every((box) => box.checked === wanted.includes(box.dataset.action));
  let level = Object.keys(LEVELS).find((name) => fits(LEVELS[name])) || "own";
  if (held.length === boxes.length) level = "all";
  row.querySelector("[data-level]").value = level;
}

for (const row of document.querySelectorAll("[data-matrix] tr[data-area]")) {
  showLevel(row);
  row.querySelector("[data-level]").addEventListener("change", (event) => {
    const level = event.target.value;
    for (const box of ticks(row)) box.checked = level === "all" || LEVELS[level].includes(box.dataset.action);
  });
  row.addEventListener("change", (event) => {
    const box = event.target;
    if (box.type !== "checkbox") return;
    const view = ticks(row).find((other) => other.dataset.action === "view");
    if (box.checked && view) view.checked = true;
    if (box === view && !box.checked) for (const other of ticks(row)) other.checked = false;
    showLevel(row);
  });
}
