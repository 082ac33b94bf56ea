// A select over many records: a text box that asks the server for at most twenty at a time (ARIA combobox).
// The select itself stays in the form, hidden, and holds the chosen id. One that takes several shows each as a tag.
"use strict";

let boxes = 0;

function makeBox(select) {
  const id = `combo-${boxes += 1}`;
  const box = document.createElement("div");
  const input = document.createElement("input");
  const list = document.createElement("ul");
  const clear = document.createElement("button");
  const tags = document.createElement("ul");
  const several = select.multiple;
  let options = [];
  let active = -1;
  let page = 0;
  let more = false;
  let timer = 0;
  let asked = 0;

  box.className = "choice";
  Object.assign(input, { type: "text", id: `${id}-input`, autocomplete: "off", placeholder: "输入关键字查找" });
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id };
  Object.entries(attributes).forEach(([name, text]) => input.setAttribute(name, text));
  ["aria-invalid", "aria-describedby"].forEach((name) => {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  });
  Object.assign(list, { id, hidden: true });
  list.setAttribute("role", "listbox");
  Object.assign(clear, { type: "button", className: "choice-clear", textContent: "×" });
  clear.setAttribute("aria-label", "清除所选");
  const label = document.querySelector(`label[for="${select.id}"]`);
  if (label) {
    label.htmlFor = input.id;
    list.setAttribute("aria-label", label.textContent.trim());
  }
  select.hidden = true;
  select.removeAttribute("aria-invalid");
  select.after(box);
  tags.className = "choice-tags";
  box.append(select, ...(several ? [tags] : []), input, clear, list);

  const shown = () => (!several && select.value ? select.selectedOptions[0].textContent : "");
  const changed = () => {
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const drawTags = () => tags.replaceChildren(...[...select.options].map((option) => {
    const tag = document.createElement("li");
    const remove = document.createElement("button");
    tag.textContent = option.textContent;
    Object.assign(remove, { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", `移除${option.textContent}`);
    remove.addEventListener("click", () => {
      option.remove();
      drawTags();
      changed();
      input.focus();
    });
    tag.append(remove);
    return tag;
  }));
  const restore = () => {
    input.value = shown();
    clear.hidden = several || !select.value;
    if (several) drawTags();
  };
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = index;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    if (options[index]) {
      input.setAttribute("aria-activedescendant", options[index].id);
      options[index].scrollIntoView({ block: "nearest" });
    }
  };
  const choose = (value, text) => {
    const option = new Option(text, value, true, true);
    if (!several) select.replaceChildren(new Option("", ""), ...(value ? [option] : []));
    else if (![...select.options].some((known) => known.value === value)) select.append(option);
    restore();
    close();
    changed();
  };
  const say = (text) => {
    const line = document.createElement("li");
    line.className = "choice-note";
    line.textContent = text;
    list.append(line);
  };
  const draw = (items) => {
    list.querySelectorAll(".choice-note").forEach((line) => line.remove());
    items.forEach((item) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `${id}-${options.length}`, textContent: item.text });
      option.setAttribute("role", "option");
      option.dataset.value = item.id;
      options.push(option);
      list.append(option);
    });
    if (!options.length) say("没有匹配的记录");
    else if (more) say("继续输入以缩小范围，或按下箭头到底加载更多");
  };
  const ask = async (nextPage = 0) => {
    const turn = asked += 1;
    const typed = input.value === shown() ? "" : input.value;
    const address = new URL(select.dataset.choices, window.location.href);
    address.searchParams.set("q", typed);
    address.searchParams.set("page", nextPage);
    let answer = null;
    try {
      const response = await fetch(address, { headers: { Accept: "application/json" } });
      if (response.ok && !response.redirected) answer = await response.json();
    } catch { answer = null; }
    if (turn !== asked) return;
    if (nextPage === 0) {
      list.replaceChildren();
      options = [];
      active = -1;
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (!answer) {
      say("暂时无法加载，请稍后再试");
      return;
    }
    page = nextPage;
    more = answer.more;
    draw(answer.items);
  };

  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => { if (list.hidden) ask(); });
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, 200);
  });
  input.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) await ask();
      else if (event.key === "ArrowDown" && active === options.length - 1 && more) {
        const at = active;
        await ask(page + 1);
        mark(at + 1);
        return;
      }
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (options.length) mark((active + step + options.length) % options.length);
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      if (options[active]) choose(options[active].dataset.value, options[active].textContent);
    } else if (event.key === "Escape") {
      restore();
      close();
    }
  });
  input.addEventListener("blur", () => {
    window.clearTimeout(timer);
    if (!several && input.value.trim() === "" && select.value) choose("", "");
    restore();
    close();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option.dataset.value, option.textContent);
  });
  list.addEventListener("scroll", () => {
    if (more && list.scrollTop + list.clientHeight >= list.scrollHeight - 4) ask(page + 1);
  });
  clear.addEventListener("click", () => {
    choose("", "");
    input.focus();
  });
  restore();
}

document.querySelectorAll("select[data-choices]").forEach(makeBox);
