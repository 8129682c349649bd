// Filters, searches and expands the clauses. The page is whole without it: this file only hides and shows.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const rows = all(".clause"), areas = all(".area"), chips = all(".chip");
  const form = one(".filter"), search = one("#search"), level = one("#level"), area = one("#area");
  const shown = one("#shown"), expand = one("#expand"), none = one(".none");
  const texts = new Map();

  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = new Set(chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.dataset.word));
    let count = 0;
    for (const row of rows) {
      const fits = (!pressed.size || pressed.has(row.dataset.word))
        && (!level.value || row.dataset.level === level.value)
        && (!area.value || row.dataset.area === area.value)
        && words.every((word) => text(row).includes(word));
      row.hidden = !fits;
      count += fits;
    }
    for (const section of areas) section.hidden = !section.querySelector(".clause:not([hidden])");
    none.hidden = count > 0;
    shown.textContent = count === rows.length ? `${count} clauses` : `${count} of ${rows.length} clauses`;
  };

  const reset = () => {
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    search.value = level.value = area.value = "";
    filter();
  };

  const visit = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.matches(".clause")) return;
    if (target.hidden) reset();
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  };

  const copy = async (button) => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") === "true" ? "false" : "true");
      filter();
    });
  }
  for (const control of [search, level, area]) control.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => { event.preventDefault(); reset(); });
  expand.addEventListener("click", () => {
    const open = expand.textContent === "Expand all";
    for (const row of rows) if (!row.hidden) row.open = open;
    expand.textContent = open ? "Collapse all" : "Expand all";
  });
  for (const button of all(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) reset();
  });
  addEventListener("hashchange", visit);
  addEventListener("beforeprint", () => { for (const row of rows) if (["FAIL", "WARN"].includes(row.dataset.word)) row.open = true; });

  form.hidden = false;
  filter();
  visit();
})();
