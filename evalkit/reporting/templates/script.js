// Filters the lists of queries and opens what a link leads to; every fact is on the page without it.
"use strict";
document.querySelectorAll("div.queries").forEach((list, index) => {
  const form = document.querySelectorAll("form.filter")[index];
  const lines = [...list.querySelectorAll(".lines > li")];
  const rest = list.querySelector(".rest");
  const said = lines.map((line) =>
    [...line.querySelectorAll("summary, .row, p.meaning")].map((part) => part.textContent).join(" ").toLowerCase());

  const filter = () => {
    const words = form.querySelector("input").value.toLowerCase();
    const kind = form.querySelector("select").value;
    if (rest && (words || kind)) rest.open = true;
    let shown = 0;
    lines.forEach((line, place) => {
      const fits = !kind || (kind === "critical" ? "critical" in line.dataset : line.className === kind);
      line.hidden = !(fits && said[place].includes(words));
      shown += line.hidden || (rest && !rest.open && rest.contains(line)) ? 0 : 1;
    });
    form.querySelector("output").textContent = `${shown} of ${lines.length} shown`;
  };

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  rest?.addEventListener("toggle", filter);
  filter();
});

const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = target?.parentElement?.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  target?.scrollIntoView();
};
addEventListener("hashchange", reveal);
if (location.hash) reveal();
