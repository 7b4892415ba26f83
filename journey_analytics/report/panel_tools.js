// Saves a panel as a file made in the page: a figure as PNG, a table as CSV. Nothing is sent anywhere.
// `journeyTools.savers` maps the kind of a button, `data-save`, to what it does; the dashboard adds its own.
const journeyTools = (() => {
  const download = (address, name) => {
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
  };

  // What a spreadsheet would take for a formula gets an apostrophe, also where one would split the text: after a
  // semicolon, a tab or a new line. A plain number stays one.
  const isNumber = (text) => /^[+\-\u2212]?[\d.,\u00a0 ]+(%|\u00a0%)?$/.test(text);
  const cell = (text) => {
    const safe = isNumber(text) ? text : text.replace(/(^|[;\t\r\n])(?=(?:[^\S\t\r\n]|")*[=+\-@＝＋－＠])/g, "$1'");
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const csv = (table) =>
    [...table.rows].map((row) => [...row.cells].map((one) => cell(one.textContent.trim())).join(",")).join("\r\n") + "\r\n";

  const nameOf = (panel, kind) => {
    const anchor = panel.closest("section")?.id || "journeys";
    const own = panel.dataset.panel === "table" ? "table" : panel.dataset.panel;
    return `${own.startsWith(anchor) ? own : `${anchor}-${own}`}.${kind}`;
  };

  const savers = {
    png: async (panel) => {
      const plot = panel.querySelector("[data-figure]");
      const { clientWidth: width, clientHeight: height } = plot;
      return download(await Plotly.toImage(plot, { format: "png", width, height, scale: 2 }), nameOf(panel, "png"));
    },
    csv: (panel) => {
      // The mark says UTF-8 to spreadsheets, which take it for something else without.
      const blob = new Blob(["\ufeff", csv(panel.querySelector("table"))], { type: "text/csv" });
      const address = URL.createObjectURL(blob);
      download(address, nameOf(panel, "csv"));
      setTimeout(() => URL.revokeObjectURL(address), 1000);
    },
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-save]");
    if (button) savers[button.dataset.save]?.(button.closest("[data-panel]"));
  });
  return { savers, csv };
})();
