// Forms: leave only when asked while something typed is not saved, save once, and go to the first wrong field.
"use strict";

document.querySelectorAll("[data-form]").forEach((form) => {
  let changed = false;
  let sent = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
  window.addEventListener("beforeunload", (event) => {
    if (changed && !sent) event.preventDefault();
  });
  const wrong = form.querySelector("[aria-invalid]");
  if (wrong) wrong.focus();
});
