"use strict";
// What pages do, in the report and in the dashboard: `journeyPage.show(root)` draws every figure under an element.
// Nothing is looked for outside of the element that it belongs to, so the same section may stand on a page twice.
(() => {
  const config = { displayModeBar: false, responsive: true, displaylogo: false, scrollZoom: false, doubleClick: false, showTips: false };
  const isReport = document.body.hasAttribute("data-report");
  const drawn = new WeakSet();
  const elastic = new WeakSet();

  // The report's link: #anchor?key=value. The dashboard has addresses of its own.
  const place = () => {
    const [anchor, query] = location.hash.slice(1).split("?");
    return { anchor, asked: new URLSearchParams(query ?? "") };
  };
  // Keeps values in the link of a view, beside those that it has; null takes one out.
  const keep = (anchor, values) => {
    const here = place();
    const asked = here.anchor === anchor ? here.asked : new URLSearchParams([...here.asked].filter(([key]) => key === "show"));
    for (const [key, value] of Object.entries(values)) value === null ? asked.delete(key) : asked.set(key, value);
    history.replaceState(null, "", `#${anchor}${asked.size ? `?${asked.toString().replaceAll("%3D", "=")}` : ""}`);
  };
  const mapPlace = {
    read: () => {
      const { anchor, asked } = place();
      return isReport && anchor === "map" && [..."acmov"].some((key) => asked.has(key)) ? asked : null;
    },
    write: (values) => isReport && keep("map", values),
  };

  // Asynchronous, so that a figure that fails does not keep the others from being drawn.
  const draw = async (plot) => {
    if (drawn.has(plot)) return fit(plot);
    drawn.add(plot);
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", plot.parentElement.getAttribute("aria-label"));
    const map = plot.id.endsWith("map-figure") ? journeyMap(plot, config, mapPlace) : null;
    if (map !== null) return map.begin();
    const figure = JSON.parse(plot.closest("figure").querySelector('script[type="application/json"]').textContent);
    const responsive = figure.layout.width === undefined;
    await Plotly.newPlot(plot, figure.data, figure.layout, { ...config, responsive });
    if (responsive) elastic.add(plot);
  };

  // A figure that was away while the window changed.
  const fit = (plot) => {
    if (elastic.has(plot) && plot.clientWidth !== plot._fullLayout?.width) return Plotly.Plots.resize(plot);
  };

  const isShown = (plot) => plot.closest("[hidden]") === null;
  const plots = (root) => [...root.querySelectorAll("[data-figure]")];
  const drawShown = (root) => Promise.all(plots(root).filter(isShown).map(draw));

  // What is wider than its place says so.
  const wide = new ResizeObserver((seen) => {
    for (const { target } of seen) target.toggleAttribute("data-cut", target.scrollWidth > target.clientWidth + 1);
  });

  const choose = (select) => {
    const parts = select.closest(".switch").parentElement;
    const prefix = `${select.dataset.switch}:`;
    for (const part of parts.querySelectorAll("[data-option]")) {
      if (part.dataset.option.startsWith(prefix)) part.hidden = part.dataset.option !== prefix + select.value;
    }
    return drawShown(parts);
  };

  // Draws what is shown under an element and what its switches say; calling it again does nothing twice.
  const show = async (root) => {
    await Promise.all([...root.querySelectorAll("[data-switch]")].map(choose));
    for (const table of root.querySelectorAll(":is(.table, .scroll.fixed)[data-swipe]")) wide.observe(table);
    await drawShown(root);
  };
  // Before an element is thrown away: its figures let go of what they hold.
  const clear = (root) => plots(root).filter((plot) => plot.data).forEach((plot) => Plotly.purge(plot));

  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-switch]")) choose(target);
  });
  window.journeyPage = { show, clear, place, keep };

  const printing = (width) => {
    for (const plot of plots(document).filter((one) => elastic.has(one))) {
      Plotly.relayout(plot, width === null ? { width: null, autosize: true } : { width: Math.min(width, plot.clientWidth) });
    }
  };

  if (!isReport) return;
  addEventListener("beforeprint", () => printing(980));
  addEventListener("afterprint", () => printing(null));
})();
