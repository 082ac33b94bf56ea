// The import form: a file can be dropped on it.
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
