// Work outside the request: the progress bar follows it until it is done, then the page shows what came of it.
"use strict";

const busy = document.querySelector("[data-progress]");
if (busy) {
  const bar = busy.querySelector("progress");
  const put = (name, value) => {
    busy.querySelector(`[data-${name}]`).textContent = value.toLocaleString("zh-CN");
  };
  const ask = async () => {
    let wait = 700;
    try {
      const answer = await fetch(busy.dataset.progress, { headers: { Accept: "application/json" } });
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
