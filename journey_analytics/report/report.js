// What only the report does: its navigation, its selections and its link #view?show=device=mobile.
(() => {
  if (!document.body.hasAttribute("data-report")) return;
  const main = document.querySelector("main");
  const chooser = document.querySelector("[data-show]");
  const goTo = document.querySelector("[data-go]");
  const whole = new Map([...main.children].map((section) => [section.id, section]));
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const { place, keep, show, clear } = journeyPage;
  let current = "all";

  const unpack = async (key) => {
    const template = [...document.querySelectorAll("template[data-selection]")].find((one) => one.dataset.selection === key);
    const bytes = Uint8Array.from(atob(template.content.textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const room = document.createElement("template");
    room.innerHTML = await new Response(stream).text();
    return new Map([...room.content.children].map((section) => [section.id, section]));
  };

  const replace = (old, fresh) => {
    if (old === fresh) return;
    old.replaceWith(fresh);
    if (whole.get(old.id) !== old) clear(old);
  };
  const note = (section, isNarrowed) => {
    section.querySelector(":scope > .whom.whole")?.remove();
    if (!isNarrowed) return;
    section.querySelector("h2").after(document.getElementById("whole-note").content.firstElementChild.cloneNode(true));
  };

  // The section that is read stays where it is, though those above it change their height.
  const select = async (key) => {
    if (key === current) return;
    const chosen = key === "all" ? new Map() : await unpack(key);
    const read = reading();
    const before = document.getElementById(read).getBoundingClientRect().top;
    for (const [id, section] of whole) {
      replace(document.getElementById(id), chosen.get(id) ?? section);
      if (!chosen.has(id)) note(section, key !== "all");
    }
    current = key;
    chooser.value = key;
    document.documentElement.dataset.shown = key;
    await show(main);
    scrollBy({ top: document.getElementById(read).getBoundingClientRect().top - before, behavior: "instant" });
  };

  const reading = () => {
    let found = whole.keys().next().value;
    for (const id of whole.keys()) {
      if (document.getElementById(id).getBoundingClientRect().top < innerHeight * 0.4) found = id;
    }
    return found;
  };
  const mark = () => {
    const found = reading();
    for (const [id, link] of links) id === found ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    goTo.value = found;
  };

  const addressOf = (anchor) => (current === "all" ? `#${anchor}` : `#${anchor}?show=${encodeURIComponent(current).replaceAll("%3D", "=")}`);
  const open = (anchor) => {
    document.getElementById(anchor).scrollIntoView({ behavior: "instant" });
    document.getElementById(`${anchor}-title`).focus({ preventScroll: true });
  };

  // What a link does not name, or names wrongly, stays as it is at first.
  const follow = async () => {
    const { anchor, asked } = place();
    const wanted = asked.get("show") ?? "all";
    const known = chooser && [...chooser.options].some((option) => option.value === wanted);
    if (known) await select(wanted);
    if (whole.has(anchor) && asked.size > 0) open(anchor);
  };

  document.addEventListener("click", (event) => {
    const anchor = event.target.closest?.('a[href^="#"]')?.hash.slice(1);
    if (!whole.has(anchor) || current === "all") return;
    event.preventDefault();
    location.hash = addressOf(anchor);
  });
  goTo.addEventListener("change", () => { location.hash = addressOf(goTo.value); open(goTo.value); });
  if (chooser && typeof DecompressionStream === "undefined") chooser.closest("label").hidden = true;
  chooser?.addEventListener("change", async () => {
    await select(chooser.value);
    keep(reading(), { show: current === "all" ? null : current });
  });

  addEventListener("scroll", mark, { passive: true });
  addEventListener("hashchange", follow);
  mark();
  show(main).then(follow).then(() => document.documentElement.setAttribute("data-ready", "true"));
})();
