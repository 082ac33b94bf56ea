// The counter: the ticked bills' sum, which is what the customer usually pays.
"use strict";

for (const form of document.querySelectorAll("[data-counter]")) {
  const ticks = [...form.querySelectorAll("[data-fen]")];
  const all = form.querySelector("[data-all]");
  const amount = form.querySelector("[data-amount]");
  const sum = form.querySelector("[data-sum]");
  let own = amount.value !== "";

  const show = () => {
    const fen = ticks.reduce((total, tick) => total + (tick.checked ? Number(tick.dataset.fen) : 0), 0);
    const text = (fen / 100).toFixed(2);
    sum.textContent = `¥${text.replace(/\B(?=(\d{3})+(?!\d))/g, ",")}`;
    if (!own) amount.value = fen ? text : "";
    if (all) all.checked = ticks.every((tick) => tick.checked);
  };
  amount.addEventListener("input", () => { own = amount.value !== ""; });
  all?.addEventListener("change", () => { ticks.forEach((tick) => { tick.checked = all.checked; }); show(); });
  ticks.forEach((tick) => tick.addEventListener("change", show));
  show();
}
