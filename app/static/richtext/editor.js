// The editor of rich text fields: Squire over the textarea that is sent. What may stand in a text is decided by the
// server (app.core.richtext); the same list here lets one see while writing what will be kept.
"use strict";

const KEPT = {
  ALLOWED_TAGS: ["p", "br", "div", "h2", "h3", "h4", "strong", "b", "em", "i", "u", "s", "del", "sub", "sup", "ul", "ol", "li",
    "blockquote", "hr", "a", "img", "table", "thead", "tbody", "tr", "th", "td", "caption"],
  ALLOWED_ATTR: ["href", "title", "src", "alt", "colspan", "rowspan"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|\/api\/v1\/media\/[0-9a-f]{32}$)/i,
  ADD_URI_SAFE_ATTR: ["colspan", "rowspan"],
};

const cleaned = (html) => {
  const fragment = DOMPurify.sanitize(window.plainFromWord(html), { ...KEPT, RETURN_DOM_FRAGMENT: true });
  fragment.querySelectorAll("img").forEach((image) => {
    if (!/^\/api\/v1\/media\/[0-9a-f]{32}$/.test(image.getAttribute("src") || "")) image.remove();
  });
  return document.importNode(fragment, true);
};

document.querySelectorAll("[data-editor]").forEach((field) => {
  const source = field.querySelector("textarea");
  const area = field.querySelector("[data-area]");
  const tools = field.querySelector("[data-tools]");
  const said = field.querySelector("[data-said]");
  const form = field.closest("form");
  const editor = new Squire(area, { blockTag: "P", sanitizeToDOMFragment: cleaned });
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.accept = "image/*";
  chooser.hidden = true;
  field.append(chooser);

  const say = (text) => { said.textContent = text; said.hidden = !text; };
  const heading = (name) => () => {
    const back = editor.hasFormat(name);
    editor.modifyBlocks((fragment) => {
      fragment.querySelectorAll("p, h2, h3, h4").forEach((block) => {
        const other = document.createElement(back ? "p" : name);
        other.append(...block.childNodes);
        block.replaceWith(other);
      });
      return fragment;
    });
  };
  const toggle = (tag, on, off) => () => (editor.hasFormat(tag) ? editor[off]() : editor[on]());
  const link = () => {
    if (editor.hasFormat("A")) { editor.removeLink(); return; }
    const typed = window.prompt("链接地址（网址、电话或邮箱）", "https://");
    if (!typed) return;
    const address = /^[\d\s+-]{5,20}$/.test(typed) ? `tel:${typed.replace(/\s/g, "")}` : typed.trim();
    if (KEPT.ALLOWED_URI_REGEXP.test(address)) { say(""); editor.makeLink(address); }
    else say("链接应为网址（http:// 或 https:// 开头）、电话（tel:）或邮箱（mailto:）");
  };
  const TOOLS = [
    ["H2", "大标题", "大标题", heading("h2"), "H2"],
    ["H3", "小标题", "小标题", heading("h3"), "H3"],
    null,
    ["B", "加粗", "fa-bold", toggle("B", "bold", "removeBold"), "B"],
    ["I", "斜体", "fa-italic", toggle("I", "italic", "removeItalic"), "I"],
    ["U", "下划线", "fa-underline", toggle("U", "underline", "removeUnderline"), "U"],
    null,
    ["UL", "项目列表", "fa-list-ul", toggle("UL", "makeUnorderedList", "removeList"), "UL"],
    ["OL", "编号列表", "fa-list-ol", toggle("OL", "makeOrderedList", "removeList"), "OL"],
    ["BLOCKQUOTE", "引用", "fa-quote-left", toggle("BLOCKQUOTE", "increaseQuoteLevel", "removeQuote"), "BLOCKQUOTE"],
    null,
    ["A", "链接", "fa-link", link, "A"],
    ["", "插入图片", "fa-image", () => chooser.click(), ""],
    null,
    ["", "清除格式", "fa-eraser", () => editor.removeAllFormatting(), ""],
    ["", "撤销", "fa-rotate-left", () => editor.undo(), ""],
    ["", "重做", "fa-rotate-right", () => editor.redo(), ""],
  ];
  const pressed = [];
  TOOLS.forEach((tool) => {
    if (!tool) {
      const gap = document.createElement("span");
      gap.className = "gap";
      tools.append(gap);
      return;
    }
    const [, title, face, act, format] = tool;
    const button = document.createElement("button");
    button.type = "button";
    button.title = title;
    button.setAttribute("aria-label", title);
    if (face.startsWith("fa-")) {
      const icon = document.createElement("i");
      icon.className = `fa-solid ${face}`;
      icon.setAttribute("aria-hidden", "true");
      button.append(icon);
    } else button.textContent = face;
    button.addEventListener("click", () => { act(); editor.focus(); });
    if (format) pressed.push([button, format]);
    tools.append(button);
  });

  const shown = () => pressed.forEach(([button, format]) => button.setAttribute("aria-pressed", String(editor.hasFormat(format))));
  const copy = () => { source.value = area.textContent.trim() || area.querySelector("img, hr") ? editor.getHTML() : ""; };
  const upload = async (file) => {
    say("");
    field.setAttribute("aria-busy", "true");
    const body = new FormData();
    body.append("file", file);
    let answer = {};
    try {
      const token = form.querySelector("[name=csrf_token]").value;
      const response = await fetch(field.dataset.upload, { method: "POST", body, headers: { "X-CSRFToken": token } });
      answer = response.redirected ? {} : await response.json();
    } catch { answer = {}; }
    field.removeAttribute("aria-busy");
    if (answer.key) editor.insertImage(`/api/v1/media/${answer.key}`, { alt: file.name.replace(/\.\w+$/, "") });
    else say(answer.message || "图片上传失败，请重试");
  };

  chooser.addEventListener("change", () => { [...chooser.files].forEach(upload); chooser.value = ""; });
  editor.addEventListener("pasteImage", (event) => {
    [...(event.detail.clipboardData?.items || [])].forEach((item) => {
      const file = item.kind === "file" && item.type.startsWith("image/") && item.getAsFile();
      if (file) upload(file);
    });
  });
  area.addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files || [])].filter((file) => file.type.startsWith("image/"));
    if (files.length) { event.preventDefault(); event.stopPropagation(); files.forEach(upload); }
  }, true);
  editor.addEventListener("pathChange", shown);
  editor.addEventListener("select", shown);
  editor.setHTML(source.value);
  editor.addEventListener("input", () => { copy(); form.dispatchEvent(new Event("input")); });
  form.addEventListener("submit", copy, true);
  source.hidden = true;
  area.hidden = tools.hidden = false;
});
