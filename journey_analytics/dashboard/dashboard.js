"use strict";
// The screen follows the link: a click or a choice changes the link, the server answers with HTML, this puts it in place.
// Every control carries the link it leads to; nothing is computed here.
(() => {
  const LOOKS = ["look-0", "look-1"];
  const SLOW = 5000;
  const EMPTY = '<div class="skeleton" aria-hidden="true"><i></i><i></i><b></b></div>';
  let words = { loading: "Loading …", failed: "The server does not answer.", slow: "Still working on it …", again: "Try again" };
  let asked = null;
  let view = null;
  let waiting = 0;
  let timer = 0;

  const at = (id) => document.getElementById(id);
  const here = () => location.pathname + location.search;
  const say = (text) => { at("said").textContent = text; };
  const element = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  // An answer to an older question is left out.
  const isCurrent = (made) => made && made.link === asked;

  const busy = (link) => {
    asked = link;
    waiting = LOOKS.length + 1;
    document.documentElement.removeAttribute("data-ready");
    at("content").setAttribute("aria-busy", "true");
    document.body.classList.add("is-loading");
    for (const id of LOOKS) at(id).classList.add("is-waiting");
    clearTimeout(timer);
    timer = setTimeout(knock, SLOW);
  };

  const settle = () => {
    waiting -= 1;
    if (waiting > 0) return;
    clearTimeout(timer);
    at("content").removeAttribute("aria-busy");
    document.body.classList.remove("is-loading");
    document.documentElement.setAttribute("data-ready", asked);
    if (!document.querySelector(".state.failed")) say(document.title);
  };

  const skeleton = () => {
    for (const id of LOOKS) window.journeyPage.clear(at(id));
    at("look-0").innerHTML = EMPTY;
    at("look-1").innerHTML = "";
  };

  const ask = (link, { isNew }) => {
    if (link === asked && isNew) return;
    if (isNew) history.pushState(null, "", link);
    const nextView = link.split("?")[0];
    busy(link);
    if (nextView !== view) { skeleton(); scrollTo(0, 0); }
    window.dash_clientside.set_props("asked", { data: link });
  };
  const go = (link) => ask(link, { isNew: true });

  // What had the focus keeps it, by its id, when the part around it is drawn again.
  const place = (target, html) => {
    const focused = target.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...target.querySelectorAll("details[id]")].map((part) => [part.id, part.open]);
    target.innerHTML = html;
    for (const [id, isOpen] of open) if (at(id)) at(id).open = isOpen;
    if (focused && at(focused)) at(focused).focus({ preventScroll: true });
    return focused !== "";
  };

  const placeShell = (made) => {
    if (!isCurrent(made)) return;
    if (made.isFailure) return settle();
    const isOther = view !== null && view !== made.link.split("?")[0];
    words = made.words;
    view = made.link.split("?")[0];
    document.documentElement.lang = made.language;
    document.title = made.title;
    document.body.classList.toggle("is-comparing", made.isComparing);
    if (made.isComparing && at("look-1").innerHTML === "") { at("look-1").hidden = false; at("look-1").innerHTML = EMPTY; }
    at("skip").textContent = words.skip;
    const kept = place(at("side"), made.side);
    place(at("head"), made.head);
    fold();
    if (isOther && !kept) at("view-title").focus({ preventScroll: true });
    settle();
  };

  const placeLook = async (id, made) => {
    if (!isCurrent(made)) return;
    const look = at(id);
    look.classList.remove("is-waiting");
    window.journeyPage.clear(look);
    place(look, made.html);
    look.hidden = made.html === "";
    if (id === "look-0" && made.isFailure) at("look-1").innerHTML = "";
    if (made.exports) offer(look, made.exports);
    try {
      await window.journeyPage.show(look);
    } finally {
      if (isCurrent(made)) settle();
    }
  };

  // Downloads: the server draws the figure again; the rows are those of the view's tables under the selection.
  const link = (text, href, label) => element("a", { href, download: "", class: "save", title: label, "aria-label": label }, text);
  const offer = (look, { path, query, tables, words: own }) => {
    for (const panel of look.querySelectorAll("figure[data-panel]")) {
      const title = panel.querySelector(".scroll")?.getAttribute("aria-label") ?? "";
      const links = ["svg", "pdf"].map((kind) => link(kind.toUpperCase(), `${path}/${panel.dataset.panel}.${kind}${query}`, own.save.replace("{kind}", kind.toUpperCase()).replace("{title}", title)));
      panel.querySelector(".tools")?.append(...links);
    }
    if (tables.length === 0) return;
    const rows = tables.map((table) => element("li", {}, link(table, `${path}/${table}.csv${query}`, `${own.rows}: ${table}`)));
    const section = look.querySelector("section:not(.examples)");
    section?.append(element("details", { class: "rows" }, element("summary", {}, own.rows), element("ul", {}, ...rows)));
  };

  // On a phone the filters start folded.
  const narrow = matchMedia("(max-width: 700px)");
  const folded = new Set();
  const fold = () => {
    for (const part of document.querySelectorAll("details.filter")) {
      if (narrow.matches && !folded.has(part.id)) part.open = false;
      if (!narrow.matches) part.open = true;
      folded.add(part.id);
    }
  };
  narrow.addEventListener("change", () => { folded.clear(); fold(); });

  const copy = async (button) => {
    await navigator.clipboard.writeText(location.href);
    const before = button.textContent;
    button.textContent = button.dataset.done;
    say(button.dataset.done);
    setTimeout(() => { button.textContent = before; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const anchor = event.target.closest("a[data-go]");
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (anchor && isPlain) { event.preventDefault(); go(anchor.getAttribute("href")); }
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("change", ({ target }) => { if (target.matches("select[data-links]")) go(target.value); });
  addEventListener("popstate", () => { if (here() !== asked) ask(here(), { isNew: false }); });

  // An answer that takes long: is the server still there? One that is gone is said, in the place of the view.
  const knock = async () => {
    say(words.slow);
    try {
      await fetch("/own/icon.svg", { cache: "no-store" });
    } catch {
      fail();
    }
  };
  const fail = () => {
    const again = element("a", { href: here(), class: "button" }, words.again ?? "Try again");
    const box = element("div", { class: "state failed", role: "alert" }, element("h2", {}, words.failed), element("p", {}, again));
    at("look-0").replaceChildren(box);
    at("look-1").replaceChildren();
    waiting = 1;
    settle();
  };

  const skip = window.dash_clientside?.no_update;
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    journey: {
      begin: () => { busy(here()); skeleton(); return here(); },
      shell_made: (made) => { placeShell(made); return skip; },
      look_0_made: (made) => { placeLook("look-0", made); return skip; },
      look_1_made: (made) => { placeLook("look-1", made); return skip; },
    },
  });
})();
