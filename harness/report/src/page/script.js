// Optional: the page is complete without it. Adds buttons that copy commands, filters and sorts tables, hides series of figures
// and changes their axes.
"use strict";
const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

// Copy a command.
const copy = async (code) => {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
};
for (const box of document.querySelectorAll(".command")) {
  const button = element("button", { type: "button", textContent: "copy", title: "copy the command" });
  button.onclick = async () => {
    await copy(box.querySelector("code"));
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  };
  box.append(button);
}

// Sort tables. What has no number in a column of numbers comes last, whatever the direction.
const key = (row, column) => {
  const cell = row.cells[column];
  return (cell?.dataset.sort ?? cell?.textContent ?? "").trim();
};
const order = (a, b, up) => {
  if (a === "" || b === "") return (a === "") - (b === "");
  const [x, y] = [Number(a), Number(b)];
  const by = isNaN(x) || isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x - y;
  return up ? by : -by;
};
const sort = (table, column, up) => {
  [...table.tHead.rows[0].cells].forEach((head, i) =>
    head.setAttribute("aria-sort", i !== column ? "none" : up ? "ascending" : "descending"));
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => order(key(a, column), key(b, column), up));
  table.tBodies[0].append(...rows);
};
for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    const button = element("button", { type: "button", className: "sort" }, ...head.childNodes);
    button.onclick = () => sort(table, i, head.getAttribute("aria-sort") !== "ascending");
    head.setAttribute("aria-sort", "none");
    head.append(button);
  });
}
// On a narrow screen, where rows are stacked and headings hidden, tables are no tables to a browser: say that they are.
for (const table of document.querySelectorAll("table.stack")) {
  const role = (cell) => cell.tagName === "TD" ? "cell" : cell.scope === "row" ? "rowheader" : "columnheader";
  table.setAttribute("role", "table");
  for (const group of [table.tHead, ...table.tBodies]) {
    group?.setAttribute("role", "rowgroup");
    for (const row of group?.rows ?? []) {
      row.setAttribute("role", "row");
      for (const cell of row.cells) cell.setAttribute("role", role(cell));
    }
  }
}

// Filter rows by words, all of which must be in a row; and sort where there are no headings to press.
for (const box of document.querySelectorAll("[data-filter]")) {
  const tables = [...box.querySelectorAll("table.sortable")];
  const rows = tables.flatMap((table) => [...table.tBodies[0].rows]);
  if (rows.length < 4) continue;
  const what = box.dataset.filter;
  const count = element("output", {});
  const input = element("input", { type: "search", placeholder: `filter ${what}` });
  input.setAttribute("aria-label", `Filter ${what}`);
  input.oninput = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = words.length ? `${shown} of ${rows.length} shown` : "";
  };
  const tools = element("div", { className: "tools" }, input);
  if (tables.length === 1) {
    const select = element("select", { className: "narrow" }, element("option", { value: "", textContent: "sort by …" }));
    select.setAttribute("aria-label", `Sort ${what}`);
    [...tables[0].tHead.rows[0].cells].forEach((head, i) =>
      select.append(element("option", { value: i, textContent: head.textContent })));
    select.onchange = () => { if (select.value !== "") sort(tables[0], Number(select.value), true); };
    tools.append(select);
  }
  tools.append(count);
  box.prepend(tools);
}

// Figures: entries of the legend hide their series, and axes change between linear and logarithmic.
for (const figure of document.querySelectorAll("figure")) {
  const plots = [...figure.querySelectorAll(".plot")];
  for (const entry of figure.querySelectorAll(".keys [data-series]")) {
    const button = element("button", { type: "button", title: "show or hide" }, ...entry.childNodes);
    button.setAttribute("aria-pressed", "true");
    button.onclick = () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", shown);
      for (const plot of plots)
        for (const group of plot.querySelectorAll(`g[data-series="${entry.dataset.series}"]`))
          group.style.display = shown ? "" : "none";
    };
    entry.append(button);
  }
  const current = () => plots.find((plot) => !plot.hidden).dataset;
  const tools = element("div", { className: "tools" });
  for (const axis of ["x", "y"]) {
    if (new Set(plots.map((plot) => plot.dataset[axis])).size < 2) continue;
    const button = element("button", { type: "button", textContent: `logarithmic ${axis} axis` });
    const show = () => button.setAttribute("aria-pressed", current()[axis] === "log");
    button.onclick = () => {
      const wanted = { ...current(), [axis]: current()[axis] === "log" ? "linear" : "log" };
      const next = plots.find((plot) => plot.dataset.x === wanted.x && plot.dataset.y === wanted.y);
      for (const plot of plots) plot.hidden = plot !== next;
      show();
    };
    show();
    tools.append(button);
  }
  if (tools.childElementCount) figure.querySelector(".keys").before(tools);
}

// A link to something folded or filtered away brings it back, and opens what is folded in it.
const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.tagName === "TR") target.hidden = false;
  if (target.id.startsWith("cell-")) target.querySelector("details")?.setAttribute("open", "");
  for (let around = target.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  target.scrollIntoView();
};
addEventListener("hashchange", open);
if (location.hash) open();
