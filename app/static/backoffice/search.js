// The search box in the header: "/" puts the cursor in it, arrows choose, Enter opens (ARIA combobox).
"use strict";

(() => {
  const form = document.querySelector("[data-search]");
  if (!form) return;
  const input = form.querySelector("input[name=q]");
  const list = form.querySelector("[role=listbox]");
  const wait = 180;
  let timer = 0;
  let asked = 0;
  let active = -1;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    const all = options();
    if (!all.length) return;
    active = (index + all.length) % all.length;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    all[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[active].id);
  };
  const line = (tag, className, text) => {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    return element;
  };
  const draw = (groups) => {
    list.replaceChildren();
    active = -1;
    groups.forEach((group) => {
      const part = document.createElement("li");
      const inner = document.createElement("ul");
      part.setAttribute("role", "presentation");
      inner.setAttribute("role", "group");
      inner.setAttribute("aria-label", group.title);
      part.append(line("p", "hit-kind", group.title), inner);
      group.hits.forEach((hit) => {
        const option = document.createElement("li");
        option.id = `hit-${list.querySelectorAll("[role=option]").length + inner.children.length}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.url = hit.url;
        option.append(line("span", "hit-title", hit.title), line("span", "hit-detail", hit.detail));
        inner.append(option);
      });
      list.append(part);
    });
    if (groups.some((group) => group.more)) {
      const all = line("li", "hit-all", "查看全部结果");
      all.id = "hit-all";
      all.setAttribute("role", "option");
      all.setAttribute("aria-selected", "false");
      list.append(all);
    }
    if (!groups.length) {
      const none = line("li", "choice-note", "没有找到，或您没有查看的权限");
      none.setAttribute("role", "presentation");
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  };
  // A record's page; of the line below all of them, the page with more.
  const open = (option) => (option.dataset.url ? location.assign(option.dataset.url) : form.requestSubmit());
  const ask = async () => {
    const text = input.value.trim();
    asked += 1;
    const mine = asked;
    if (text.length < 2) {
      close();
      return;
    }
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    if (mine !== asked) return;
    if (answer.ok && !answer.redirected) draw((await answer.json()).groups);
    else close();
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  });
  input.addEventListener("focus", () => { if (input.value.trim().length > 1 && list.hidden) ask(); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      open(options()[active]);
    } else if (event.key === "Escape") {
      close();
      input.blur();
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) open(option);
  });
  input.addEventListener("blur", close);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable=true], dialog[open]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
})();
