// Optional: the page is complete without it. Adds buttons that copy commands, and sorts tables.
"use strict";
for (const box of document.querySelectorAll(".command")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.textContent = "copy";
  button.onclick = () => navigator.clipboard.writeText(box.querySelector("code").textContent)
    .then(() => { button.textContent = "copied"; setTimeout(() => { button.textContent = "copy"; }, 1500); });
  box.append(button);
}
for (const table of document.querySelectorAll("table.sortable")) {
  const key = (row, i) => {
    const cell = row.cells[i];
    return (cell.dataset.sort ?? cell.textContent).trim();
  };
  const compare = (a, b) => {
    const x = parseFloat(a.replace("−", "-")), y = parseFloat(b.replace("−", "-"));
    return isNaN(x) || isNaN(y) ? (isNaN(x) - isNaN(y)) || a.localeCompare(b) : x - y;
  };
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    head.setAttribute("aria-sort", "none");
    head.tabIndex = 0;
    const sort = () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows].sort((a, b) => compare(key(a, i), key(b, i)) * (up ? 1 : -1));
      table.tBodies[0].append(...rows);
    };
    head.onclick = sort;
    head.onkeydown = (event) => { if (event.key === "Enter") sort(); };
  });
}
// A link to something folded opens what is around it, and what is folded in it.
const open = () => {
  const target = document.getElementById(location.hash.slice(1));
  target?.querySelector("details")?.setAttribute("open", "");
  for (let around = target?.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  target?.scrollIntoView();
};
addEventListener("hashchange", open);
if (location.hash) open();
