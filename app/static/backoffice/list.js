// Lists: a click on a row opens the record, ticked rows show the bulk bar, page size submits by itself,
// and empty filters do not clutter the address.
"use strict";

document.querySelectorAll("[data-rows]").forEach((body) => {
  body.addEventListener("click", (event) => {
    if (event.target.closest("a, button, input, label, select, summary") || String(window.getSelection())) return;
    const row = event.target.closest("tr[data-href]");
    if (row) window.location.assign(row.dataset.href);
  });
});

const bar = document.querySelector("[data-bulk]");
if (bar) {
  const all = document.querySelector("[data-tick-all]");
  const ticks = [...document.querySelectorAll("[data-tick]")];
  const refresh = () => {
    const count = ticks.filter((tick) => tick.checked).length;
    bar.hidden = count === 0;
    bar.querySelector("[data-count]").textContent = count;
    all.checked = count === ticks.length;
    all.indeterminate = count > 0 && count < ticks.length;
  };
  all.addEventListener("change", () => {
    ticks.forEach((tick) => { tick.checked = all.checked; });
    refresh();
  });
  ticks.forEach((tick) => tick.addEventListener("change", refresh));
  refresh();
}

document.querySelectorAll("[data-autosubmit] select").forEach((select) => {
  select.addEventListener("change", () => select.form.submit());
});

document.querySelectorAll("[data-filters]").forEach((form) => {
  // On a phone the list comes first: the filters unfold when asked for.
  const fold = form.querySelector("[data-fold]");
  if (fold && window.matchMedia("(max-width: 768px)").matches) {
    fold.hidden = false;
    form.classList.add("is-folded");
    fold.addEventListener("click", () => {
      const folded = form.classList.toggle("is-folded");
      fold.setAttribute("aria-expanded", String(!folded));
    });
  }
  form.addEventListener("submit", () => {
    form.querySelectorAll("input, select").forEach((input) => {
      if (input.name && input.value === "") input.disabled = true;
    });
  });
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-filters] :disabled").forEach((input) => { input.disabled = false; });
});
