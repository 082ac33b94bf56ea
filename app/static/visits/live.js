// Looks again every few seconds and puts the fresh part in place; waits while the page is not to be seen.
"use strict";
const live = document.querySelector("[data-live]");
if (live) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-live]");
      if (fresh) live.replaceChildren(...fresh.childNodes);
    } catch {
      // no network: the next turn tries again
    }
  }, Number(live.dataset.live) * 1000);
}
