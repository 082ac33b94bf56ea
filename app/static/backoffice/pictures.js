// Pictures of a form: each is uploaded when dropped in or chosen; the form sends their keys in the shown order.
"use strict";

document.querySelectorAll("[data-pictures]").forEach((field) => {
  const form = field.closest("form");
  const list = field.querySelector("[data-thumbs]");
  const drop = field.querySelector("[data-drop]");
  const chooser = field.querySelector("input[type=file]");
  const said = field.querySelector("[data-said]");
  const most = Number(field.dataset.most);
  let dragged = null;
  let queue = Promise.resolve();

  const changed = () => form.dispatchEvent(new Event("input"));
  const say = (text) => {
    said.textContent = text;
    said.hidden = !text;
  };
  const upload = async (file) => {
    if (list.children.length >= most) {
      say(`图片最多 ${most} 张`);
      return;
    }
    const item = field.querySelector("template").content.firstElementChild.cloneNode(true);
    const key = item.querySelector("input");
    key.disabled = true;
    item.setAttribute("aria-busy", "true");
    item.querySelector("img").src = URL.createObjectURL(file);
    list.append(item);
    const body = new FormData();
    body.append("file", file);
    const token = form.querySelector("[name=csrf_token]").value;
    let answer = {};
    try {
      const response = await fetch(field.dataset.pictures, { method: "POST", body, headers: { "X-CSRFToken": token } });
      answer = response.redirected ? {} : await response.json();
    } catch { answer = {}; }
    if (answer.key) {
      key.value = answer.key;
      key.disabled = false;
      item.removeAttribute("aria-busy");
      changed();
    } else {
      item.remove();
      say(`${file.name}：${answer.message || "上传失败，请重试"}`);
    }
  };
  const take = (files) => {
    say("");
    [...files].forEach((file) => { queue = queue.then(() => upload(file)); });
  };

  chooser.addEventListener("change", () => {
    take(chooser.files);
    chooser.value = "";
  });
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("is-over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("is-over");
    take(event.dataTransfer.files);
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (event.target.closest("[data-remove]")) item.remove();
    else if (event.target.closest("[data-earlier]")) item.previousElementSibling?.before(item);
    else if (event.target.closest("[data-later]")) item.nextElementSibling?.after(item);
    else return;
    changed();
  });
  list.addEventListener("dragstart", (event) => { dragged = event.target.closest("li"); });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    if (event.clientX > box.left + box.width / 2) over.after(dragged);
    else over.before(dragged);
  });
  list.addEventListener("dragend", () => {
    dragged = null;
    changed();
  });
});
