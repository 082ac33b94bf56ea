// What every page of the back office does: the drawer menu on phones, dialogs, messages that leave by themselves.
"use strict";

const body = document.body;
const toggle = document.querySelector("[data-menu-toggle]");

const drawer = matchMedia("(max-width: 768px)");

// A drawer over the page on phones; on wide screens the menu beside the page can be folded away.
function showMenu(open) {
  const name = drawer.matches ? "menu-open" : "menu-folded";
  body.classList.toggle(name, drawer.matches === open);
  toggle?.setAttribute("aria-expanded", String(open));
  if (!drawer.matches) localStorage.setItem("menu", open ? "open" : "folded");
}

function menuIsShown() {
  return drawer.matches ? body.classList.contains("menu-open") : !body.classList.contains("menu-folded");
}

if (!drawer.matches) showMenu(localStorage.getItem("menu") !== "folded");
toggle?.addEventListener("click", () => showMenu(!menuIsShown()));
for (const shade of document.querySelectorAll("[data-menu-close]")) shade.addEventListener("click", () => showMenu(false));

for (const group of document.querySelectorAll(".menu-group")) {
  const key = `menu:${group.querySelector("summary").textContent.trim()}`;
  if (sessionStorage.getItem(key) === "closed" && !group.querySelector(".is-active")) group.open = false;
  group.addEventListener("toggle", () => sessionStorage.setItem(key, group.open ? "open" : "closed"));
}

// The menu stays where it was scrolled to, with the present page in sight.
const sidebar = document.getElementById("sidebar");
if (sidebar) {
  const here = sidebar.querySelector("[aria-current=page]");
  sidebar.scrollTop = Number(sessionStorage.getItem("menu:top"));
  const above = here ? here.offsetTop - sidebar.scrollTop : 0;
  if (here && (above < 0 || above + here.offsetHeight > sidebar.clientHeight)) sidebar.scrollTop += above - sidebar.clientHeight / 2;
  addEventListener("pagehide", () => sessionStorage.setItem("menu:top", sidebar.scrollTop));
}

// What is unfolded on a wide screen stands in the way on a phone.
if (drawer.matches) for (const part of document.querySelectorAll("[data-unfolded]")) part.open = false;

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  if (event.target.closest("[data-print]")) print();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  for (const menu of document.querySelectorAll("details.user-menu[open], details.saved-filters[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    if (drawer.matches) showMenu(false);
    for (const menu of document.querySelectorAll("details.user-menu[open], details.saved-filters[open]")) {
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  }
});

for (const select of document.querySelectorAll("[data-submit-on-change]")) {
  select.addEventListener("change", () => select.form.requestSubmit(select.form.querySelector("[aria-current=true]")));
}

// One press, one request: a second press while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
});

for (const note of document.querySelectorAll(".toasts .is-green:not(:has(form))")) setTimeout(() => note.classList.add("is-leaving"), 6000);
