// The board by keyboard: up and down within a column, left and right to the next column that has cards.
"use strict";

const board = document.querySelector("[data-board]");
const columns = [...board.querySelectorAll(".board-column")].map((column) => [...column.querySelectorAll("[data-card]")]);

const placeOf = (card) => {
  const column = columns.findIndex((cards) => cards.includes(card));
  return column < 0 ? null : [column, columns[column].indexOf(card)];
};

const beside = (column, row, step) => {
  for (let next = column + step; next >= 0 && next < columns.length; next += step) {
    if (columns[next].length) return columns[next][Math.min(row, columns[next].length - 1)];
  }
  return null;
};

document.addEventListener("keydown", (event) => {
  if (!event.key.startsWith("Arrow") || event.target.closest("input, select, textarea, dialog")) return;
  const place = placeOf(document.activeElement);
  let next = null;
  if (!place) next = columns.flat()[0];
  else if (event.key === "ArrowDown") next = columns[place[0]][place[1] + 1];
  else if (event.key === "ArrowUp") next = columns[place[0]][place[1] - 1];
  else next = beside(place[0], place[1], event.key === "ArrowRight" ? 1 : -1);
  if (next) {
    event.preventDefault();
    next.focus();
  }
});
