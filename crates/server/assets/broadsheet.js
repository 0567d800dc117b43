// Makes pages nicer to use; everything works without it. Keys can be switched off in their dialog.
"use strict";
(() => {
  const store = "broadsheet-keys";
  const keysOn = () => { try { return localStorage.getItem(store) !== "off"; } catch { return true; } };
  const one = (selector) => document.querySelector(selector);
  const follow = (link) => { if (link) location.assign(link.href); };
  const make = (name, text, ...children) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    element.append(...children);
    return element;
  };

  // Papers of the list, one of them being the current.
  const items = [...document.querySelectorAll(".papers > li")];
  let at = -1;
  const go = (step) => {
    if (!items.length) return;
    if (at >= 0) items[at].classList.remove("here");
    at = Math.max(0, Math.min(items.length - 1, at + step));
    items[at].classList.add("here");
    items[at].querySelector(".title a")?.focus({ preventScroll: true });
    items[at].scrollIntoView({ block: "nearest" });
  };
  const current = (selector) => (at >= 0 ? items[at] : document).querySelector(selector);

  let dialog;
  const help = () => {
    if (!dialog) {
      const list = make("dl");
      for (const [key, what] of [
        ["j  k", "next and previous paper"], ["o", "open the paper"], ["v", "its page at the source"],
        ["x", "unfold the abstract"], ["h  l", "previous and next day"], ["g d", "the latest edition"],
        ["g w", "its week"], ["/", "search"], ["?", "this help"],
      ]) list.append(make("dt", "", make("kbd", key)), make("dd", what));
      const box = make("input");
      box.type = "checkbox";
      box.checked = keysOn();
      box.addEventListener("change", () => {
        try { localStorage.setItem(store, box.checked ? "on" : "off"); } catch { /* kept until the page is left */ }
      });
      const close = make("button", "Close");
      close.addEventListener("click", () => dialog.close());
      const title = make("h2", "Keys");
      title.id = "keys-title";
      dialog = make("dialog", "", title, list, make("p", "", make("label", "", box, " Keys are on (? always works)")), close);
      dialog.setAttribute("aria-labelledby", "keys-title");
      document.body.append(dialog);
    }
    dialog.showModal();
  };

  const actions = {
    j: () => go(1),
    k: () => go(-1),
    o: () => follow(current(".title a")),
    v: () => follow(current("a[data-source]")),
    x: () => { const fold = current("details.abstract"); if (fold) fold.open = !fold.open; },
    h: () => follow(one("a[rel=prev]")),
    l: () => follow(one("a[rel=next]")),
    "/": () => { const field = one("input[type=search]"); field?.focus(); field?.select(); },
  };
  const places = { d: "/", w: one("a[data-week]")?.getAttribute("href") };
  let pending = 0;
  addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || dialog?.open) return;
    if (target instanceof Element && target.closest("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (event.key === "?") { event.preventDefault(); help(); return; }
    if (!keysOn()) return;
    if (Date.now() < pending) {
      pending = 0;
      if (places[event.key]) { event.preventDefault(); location.assign(places[event.key]); return; }
    }
    if (event.key === "g") { pending = Date.now() + 1200; return; }
    const action = Object.hasOwn(actions, event.key) && actions[event.key];
    if (action) { event.preventDefault(); action(); }
  });

  // Copying a citation.
  for (const source of document.querySelectorAll("pre[data-copy]")) {
    if (!navigator.clipboard) break;
    const button = make("button", "Copy");
    const said = make("span", "");
    said.setAttribute("role", "status");
    said.className = "quiet";
    button.type = "button";
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(source.textContent); said.textContent = " Copied."; }
      catch { said.textContent = " Could not copy: select the text instead."; }
    });
    source.before(make("p", "", button, said));
  }

  // A day prints with its abstracts unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details.abstract:not([open])")];
    folded.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => { folded.forEach((fold) => { fold.open = false; }); });
})();
