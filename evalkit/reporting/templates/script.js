// Sorts and filters the tables of queries; every fact is on the page without it.
"use strict";
document.querySelectorAll("table.queries").forEach((table, index) => {
  const form = document.querySelectorAll("form.filter")[index];
  const bodies = () => [...table.tBodies];
  const headings = [...table.tHead.rows[0].cells];
  const said = (body) => (body.rows[0].textContent + body.rows[1].cells[0].querySelector("bdi").textContent).toLowerCase();
  const number = (text) => parseFloat(text.replace("−", "-"));

  const sort = (heading) => {
    const column = headings.indexOf(heading);
    const numeric = heading.dataset.sort === "number";
    const down = heading.getAttribute("aria-sort") === "ascending";
    headings.forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = bodies().map((body) => {
      const text = body.rows[0].cells[column].textContent.trim();
      return [numeric ? number(text) : text, body];
    });
    keyed.sort(([a], [b]) => (numeric ? a - b : a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
    table.append(...keyed.map(([, body]) => body));
  };

  const filter = () => {
    const words = form.querySelector("input").value.toLowerCase();
    const kind = form.querySelector("select").value;
    let shown = 0;
    for (const body of bodies()) {
      const fits = !kind || (kind === "critical" ? "critical" in body.dataset : body.className === kind);
      body.hidden = !(fits && said(body).includes(words));
      shown += body.hidden ? 0 : 1;
    }
    form.querySelector("output").textContent = `${shown} of ${bodies().length} shown`;
  };

  for (const heading of headings) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading));
    heading.append(button);
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
});
