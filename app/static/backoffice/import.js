// Import pages: a file can be dropped on the form, and the progress bar follows the work until it is done.
"use strict";

const zone = document.querySelector("[data-drop]");
if (zone) {
  const input = zone.querySelector("input[type=file]");
  const show = () => {
    zone.querySelector("[data-chosen]").textContent = input.files[0]?.name ?? "尚未选择文件";
  };
  input.addEventListener("change", show);
  const over = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("is-over", on);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    show();
  });
}

const busy = document.querySelector("[data-import-state]");
if (busy) {
  const bar = busy.querySelector("progress");
  const put = (name, value) => {
    busy.querySelector(`[data-${name}]`).textContent = value.toLocaleString("zh-CN");
  };
  const ask = async () => {
    let wait = 700;
    try {
      const answer = await fetch(busy.dataset.importState, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return location.reload();
      const state = await answer.json();
      if (!state.busy) return location.reload();
      if (state.total) {
        bar.max = state.total;
        bar.value = state.done;
        put("done", state.done);
        put("total", state.total);
      }
    } catch {
      wait = 5000; // the network is away; ask again later
    }
    setTimeout(ask, wait);
  };
  setTimeout(ask, 500);
}
