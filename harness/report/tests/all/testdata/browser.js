// Acts on a report as a reader would, and tells the page around it what came of it.
"use strict";
(async () => {
  const found = { failures: [] };
  const check = (what, holds) => { if (!holds) found.failures.push(what); };
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const shown = (element) => element.getClientRects().length > 0;
  addEventListener("error", (event) => found.failures.push(`error: ${event.message}`));
  try {
    found.width = innerWidth;
    found.dark = matchMedia("(prefers-color-scheme: dark)").matches;
    found.page_width = document.documentElement.scrollWidth;
    const wide = all("body *").filter((e) => shown(e) && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, .quiet, .skip, svg, pre"));
    found.overflowing = wide.slice(0, 5).map((e) => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 60)}`);
    found.runs = [...new Set(all("[data-runs]").flatMap((e) => e.dataset.runs.split(" ")).filter(Boolean))];
    found.cells = [...new Set(all("a[href^='#cell-']").map((a) => a.getAttribute("href").slice(6)))];
    found.dangling = all("a[href^='#']").map((a) => a.getAttribute("href")).filter((href) => !document.getElementById(href.slice(1)));
    found.files = all("a[href]").map((a) => a.getAttribute("href")).filter((href) => !href.startsWith("#"));
    check("every table has a caption or is about nothing", all("table").every((t) => t.caption));
    check("every heading of a table has a scope", all("th").every((th) => th.scope));

    // Sorting, by keyboard: a button takes the focus and Enter presses it.
    for (const table of all("table.sortable")) {
      for (const details of all("details.all-cells")) details.open = true;
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, column) => {
        const button = head.querySelector("button");
        button.click();
        check("one column is sorted", heads.filter((h) => h.getAttribute("aria-sort") !== "none").length === 1);
        check("the first press sorts up", head.getAttribute("aria-sort") === "ascending");
        const keys = () => [...table.tBodies[0].rows].map((row) => row.cells[column]?.dataset.sort).filter((k) => k !== undefined && k !== "").map(Number).filter((k) => !isNaN(k));
        const up = keys();
        check("numbers rise", up.every((k, i) => i === 0 || up[i - 1] <= k));
        button.click();
        check("the second press sorts down", head.getAttribute("aria-sort") === "descending");
        const down = keys();
        check("numbers fall", down.every((k, i) => i === 0 || down[i - 1] >= k));
      });
    }
    found.sortable = all("table.sortable").length;

    // Filtering.
    const box = document.querySelector("[data-filter='claims']");
    const rows = () => all("table.claims > tbody > tr", box).filter(shown);
    const input = box.querySelector("input");
    const before = rows().length;
    const word = all("tr[id]", box)[0].id.slice("claim-".length);
    input.value = word;
    input.dispatchEvent(new Event("input"));
    check("the filter keeps what has the word", rows().length > 0 && rows().every((row) => row.textContent.includes(word)));
    check("the filter hides the rest", rows().length < before);
    check("the filter says how many are left", box.querySelector("output").textContent.startsWith(`${rows().length} of ${before}`));
    const gone = all("tr[id]", box).find((row) => row.hidden);
    location.hash = `#${gone.id}`;
    await new Promise((done) => setTimeout(done, 50));
    check("a link to a row that is filtered away brings it back", shown(gone));
    input.value = "";
    input.dispatchEvent(new Event("input"));
    check("no filter shows all", rows().length === before);

    // Figures.
    const figure = document.querySelector("figure");
    const entry = figure.querySelector(".keys button");
    const series = entry.closest("li").dataset.series;
    const groups = () => all(`g[data-series="${series}"]`, figure);
    entry.focus();
    check("an entry of the legend takes the focus", document.activeElement === entry);
    entry.click();
    check("a series is hidden", groups().length > 0 && groups().every((g) => g.style.display === "none"));
    check("its entry says so", entry.getAttribute("aria-pressed") === "false");
    check("the others stay", all("g[data-series]", figure).some((g) => g.style.display !== "none"));
    entry.click();
    check("a series comes back", groups().every((g) => g.style.display === "") && entry.getAttribute("aria-pressed") === "true");
    const toggles = all("figure .tools button");
    found.toggles = toggles.length;
    for (const toggle of toggles) {
      const plots = all(".plot", toggle.closest("figure"));
      const first = plots.findIndex((p) => !p.hidden);
      const pressed = toggle.getAttribute("aria-pressed");
      toggle.click();
      check("another plot is shown, alone", plots.filter((p) => !p.hidden).length === 1 && plots.findIndex((p) => !p.hidden) !== first);
      check("the toggle says so", toggle.getAttribute("aria-pressed") !== pressed);
      toggle.click();
      check("the first plot comes back", plots.findIndex((p) => !p.hidden) === first);
    }

    // Links to cells, and commands.
    for (const details of all("details")) details.open = false;
    const cell = document.querySelector("tr[id^='cell-']");
    location.hash = `#${cell.id}`;
    await new Promise((done) => setTimeout(done, 50));
    check("a link to a cell opens the table and its details", shown(cell) && cell.querySelector("details").open);
    const copy = all(".command button", cell)[0];
    const command = cell.querySelector(".command code").textContent;
    for (const allowed of [true, false]) {
      let copied = "";
      const writeText = async (text) => { if (!allowed) throw new Error("not allowed"); copied = text; };
      Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
      copy.textContent = "copy";
      copy.click();
      await new Promise((done) => setTimeout(done, 50));
      check("a command is copied", copy.textContent === "copied");
      check("it is the command", (allowed ? copied : getSelection().toString()) === command);
    }

    // As it is first seen, for axe.
    history.replaceState(null, "", "#");
    if (window.axe) {
      const result = await axe.run(document, { resultTypes: ["violations"] });
      found.violations = result.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(" | ")}`);
    }
  } catch (error) {
    found.failures.push(`the script failed: ${error.stack}`);
  }
  parent.postMessage(JSON.stringify(found), "*");
})();
