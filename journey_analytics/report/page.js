"use strict";
(() => {
  const config = { displayModeBar: false, responsive: true, displaylogo: false, scrollZoom: false, doubleClick: false, showTips: false };
  const drawn = new Set();

  // Asynchronous, so that a figure that fails does not keep the others from being drawn.
  const draw = async (plot) => {
    if (drawn.has(plot)) return;
    drawn.add(plot);
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", plot.parentElement.getAttribute("aria-label"));
    if (plot === map.plot) return map.begin();
    const figure = JSON.parse(document.getElementById(`${plot.id}-data`).textContent);
    const fixed = figure.layout.width !== undefined;
    return Plotly.newPlot(plot, figure.data, figure.layout, { ...config, responsive: !fixed });
  };

  const map = journeyMap(config);

  const isShown = (plot) => plot.closest("[hidden]") === null;
  const plots = () => [...document.querySelectorAll("[data-figure]")];
  const drawShown = () => Promise.all(plots().filter(isShown).map(draw));

  const choose = (select) => {
    const prefix = `${select.dataset.switch}:`;
    for (const part of document.querySelectorAll("[data-option]")) {
      if (part.dataset.option.startsWith(prefix)) part.hidden = part.dataset.option !== prefix + select.value;
    }
    return drawShown();
  };

  const follow = () => {
    const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const mark = () => {
      let current = null;
      for (const id of links.keys()) {
        if (document.getElementById(id).getBoundingClientRect().top < innerHeight * 0.4) current = id;
      }
      for (const [id, link] of links) id === current ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    };
    addEventListener("scroll", mark, { passive: true });
    mark();
  };

  const printing = (width) => {
    for (const plot of plots().filter((one) => drawn.has(one) && !one.layout.width || !one.closest(".fixed"))) {
      Plotly.relayout(plot, width === null ? { width: null, autosize: true } : { width: Math.min(width, plot.clientWidth) });
    }
  };

  for (const select of document.querySelectorAll("[data-switch]")) {
    select.addEventListener("change", () => choose(select));
    choose(select);
  }
  addEventListener("beforeprint", () => printing(980));
  addEventListener("afterprint", () => printing(null));
  follow();
  drawShown().then(() => document.documentElement.setAttribute("data-ready", "true"));
})();
