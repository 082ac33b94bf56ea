// What Word and WPS put on the clipboard, made plain: their lists are paragraphs that only look like lists.
"use strict";

// Parsing applies inline styles, which the page's policy refuses loudly: they are put out of the way first.
const withoutStyles = (html) => html
  .replace(/<style[\s\S]*?<\/style>/gi, "")
  .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));

window.plainFromWord = (pasted) => {
  const html = withoutStyles(pasted);
  if (!/mso-|class="?Mso|urn:schemas-microsoft-com|WPS Office/i.test(pasted)) return html;
  const parsed = new DOMParser().parseFromString(
    html.replace(/<!--\[if !supportLists\]-->[\s\S]*?<!--\[endif\]-->/g, (marker) => `<i data-marker>${marker.replace(/<[^>]*>/g, "")}</i>`)
      .replace(/<!\[if !supportLists\]>([\s\S]*?)<!\[endif\]>/g, (_all, marker) => `<i data-marker>${marker.replace(/<[^>]*>/g, "")}</i>`),
    "text/html",
  );
  parsed.querySelectorAll("style, script, meta, link, xml, title").forEach((node) => node.remove());
  let list = null;
  parsed.querySelectorAll("p").forEach((paragraph) => {
    const isItem = /mso-list:\s*l\d/i.test(paragraph.dataset.style || "");
    const marker = paragraph.querySelector("[data-marker]");
    if (!isItem) { list = null; return; }
    const kind = marker && /^\s*[(（]?[0-9a-z一二三四五六七八九十]+[.)、）]/i.test(marker.textContent) ? "ol" : "ul";
    marker?.remove();
    if (!list || list.localName !== kind || list.nextElementSibling !== paragraph) {
      list = parsed.createElement(kind);
      paragraph.before(list);
    }
    const item = parsed.createElement("li");
    item.append(...paragraph.childNodes);
    list.append(item);
    paragraph.remove();
  });
  parsed.querySelectorAll("h1").forEach((heading) => {
    const smaller = parsed.createElement("h2");
    smaller.append(...heading.childNodes);
    heading.replaceWith(smaller);
  });
  return parsed.body.innerHTML;
};
