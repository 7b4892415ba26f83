// The process map: sliders, views and comparisons choose among what was counted beforehand; nothing is counted here.
// Everything is looked for within the map's own section, so that two maps can stand beside each other.
// `place` remembers where its sliders stand: read() gives URLSearchParams or null, write(values) keeps them.
const journeyMap = (plot, config, place) => {
  const section = plot.closest("section");
  const source = section.querySelector('script[id$="map-figure-levels"]');
  const panel = section.querySelector('[id$="map-panel"]');
  if (!source) return null;
  const { first, levels } = JSON.parse(source.textContent);
  const field = (key) => section.querySelector(`[data-map="${key}"]`);
  const fields = Object.fromEntries(["a", "c", "m", "o", "v"].map((key) => [key, field(key)]));
  const state = { a: first.level, c: first.connections, m: "frequency", o: "none", v: "none", chosen: null };
  const within = (value, most) => Math.max(0, Math.min(Number.parseInt(value, 10) || 0, most));
  const level = () => levels[state.a];

  // Links keep a place: #map?a=2&c=3&m=median. What they do not name, or name wrongly, stays as it is at first.
  const read = () => {
    const asked = place.read();
    if (asked === null) return false;
    for (const key of ["m", "o", "v"]) {
      if ([...fields[key].options].some((option) => option.value === asked.get(key))) state[key] = asked.get(key);
    }
    if (asked.has("a")) state.a = within(asked.get("a"), levels.length - 1);
    if (asked.has("c")) state.c = within(asked.get("c"), level().connections.length - 1);
    return true;
  };
  const write = () => place.write({ a: state.a, c: state.c, m: state.m, o: state.o, v: state.v });

  const show = () => {
    const { connections, boxes } = level();
    state.c = Math.min(state.c, connections.length - 1);
    fields.c.max = connections.length - 1;
    fields.c.disabled = connections.length === 1;
    for (const key of ["a", "c", "m", "o", "v"]) fields[key].value = state[key];
    const words = { a: boxes, c: connections[state.c].words };
    for (const key of ["a", "c"]) {
      section.querySelector(`[data-map-words="${key}"]`).textContent = words[key];
      fields[key].setAttribute("aria-valuetext", words[key]);
    }
    fields.m.disabled = fields.o.disabled = state.v !== "none";
    section.querySelector('[data-map="line"]').textContent = connections[state.c].line;
  };

  const view = () => {
    const { modes, overlays, versus } = level();
    return state.v === "none" ? { ...modes[state.m], ...overlays[state.o] } : versus[Number(state.v)];
  };

  const compared = (trace, { sentence, facts }, edge) => {
    const title = trace.hovertemplate.split("</b>")[0];
    return `${title}</b>${sentence.replace(/\{(\d)\}/g, (_, place) => facts[edge][place])}<extra></extra>`;
  };

  // The figure of the level with the parts that the view changes; arrows behind the slider's position are left out.
  const figure = () => {
    const { figure: base, spots, placed, connections } = level();
    const look = view();
    const drawn = connections[state.c].drawn;
    const data = base.data.map((trace, place) => {
      if (place === spots.arrowheads) {
        const marker = { ...trace.marker, size: look.heads.slice(0, drawn), angle: trace.marker.angle.slice(0, drawn), color: look.colours.slice(0, drawn) };
        return { ...trace, x: trace.x.slice(0, drawn), y: trace.y.slice(0, drawn), marker };
      }
      const edge = trace.meta?.edge;
      if (edge === undefined) return trace;
      const line = { ...trace.line, width: look.widths[edge], color: look.colours[edge] };
      return { ...trace, line, visible: edge < drawn, hovertemplate: look.facts ? compared(trace, look, edge) : trace.hovertemplate };
    });
    const legend = [look.width_words, look.colour_words, ...look.entries.map((entry) => entry[1])];
    const annotations = base.layout.annotations.map((note, place) => {
      if (place < spots.counts) {
        const text = place < drawn && placed[place] ? look.labels[place] : "";
        return { ...note, text, visible: text !== "" };
      }
      if (place < spots.legend) return { ...note, text: look.counts[place - spots.counts] };
      if (place < spots.titles) {
        const text = legend[place - spots.legend] ?? "";
        return { ...note, text, visible: text !== "" };
      }
      return note;
    });
    const shapes = base.layout.shapes.map((shape, place) => {
      if (place >= spots.swatches) return { ...shape, fillcolor: look.entries[place - spots.swatches]?.[0] ?? "rgba(0,0,0,0)" };
      if (place < spots.bars) return shape;
      const [right, fillcolor] = look.bars[place - spots.bars];
      return { ...shape, x1: right, fillcolor };
    });
    return { data, layout: { ...base.layout, annotations, shapes } };
  };

  const traces = () => plot.data.filter((trace) => trace.visible !== false);
  const paths = () => [...plot.querySelectorAll(".scatterlayer > .trace")].map((path, place) => [path, traces()[place]?.meta]);
  const fade = (test) => {
    for (const [path, meta] of paths()) if (meta?.ends) path.style.opacity = test(meta.ends) ? "" : "0.12";
  };
  const mark = () => {
    for (const [path, meta] of paths()) {
      path.classList.toggle("chosen", state.chosen !== null && meta?.edge !== undefined && level().panels[meta.edge] === state.chosen);
    }
  };

  const draw = async () => {
    show();
    const { data, layout } = figure();
    plot.style.height = `${layout.height}px`;
    await Plotly.react(plot, data, layout, { ...config, responsive: false });
    mark();
  };

  const choose = (anchor, focus) => {
    state.chosen = anchor;
    for (const part of panel.children) part.hidden = part.dataset.behind !== anchor;
    if (plot.data) mark();
    const heading = panel.querySelector(`[data-behind="${anchor}"] h4`);
    if (focus) heading?.focus();
    else heading?.scrollIntoView({ block: "nearest" });
  };

  const listen = () => {
    for (const key of ["a", "c"]) {
      fields[key].addEventListener("input", () => { state[key] = Number(fields[key].value); write(); draw(); });
    }
    for (const key of ["m", "o", "v"]) {
      fields[key].addEventListener("change", () => { state[key] = fields[key].value; write(); draw(); });
    }
    for (const button of section.querySelectorAll("[data-link]")) {
      button.addEventListener("click", () => choose(button.dataset.link, true));
    }
    addEventListener("hashchange", () => { if (plot.isConnected && read()) draw(); });
    // Hovering a box keeps its own arrows and fades the others.
    plot.on("plotly_hover", ({ points: [point] }) => {
      if (point.data.meta?.boxes) fade((ends) => ends.includes(point.customdata));
    });
    plot.on("plotly_unhover", () => fade(() => true));
    plot.on("plotly_click", ({ points: [point] }) => {
      if (point.data.meta?.edge !== undefined) choose(level().panels[point.data.meta.edge], false);
    });
  };

  const begin = async () => {
    const linked = read();
    await draw();
    listen();
    if (linked) section.scrollIntoView({ behavior: "instant" });
  };
  return { begin };
};
