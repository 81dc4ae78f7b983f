// Sorts tables and switches the theme. The page is complete without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const now = root.dataset.theme || system;
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });

  const table = document.querySelector("#cases table");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const listed = [...body.rows];

  // A number where the cell has one, else its text; the first column keeps the order of the suite.
  const key = (row, column) => {
    if (column === 0) return listed.indexOf(row);
    const cell = row.cells[column];
    const value = cell && cell.dataset.sort;
    return value === undefined ? null : Number(value);
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const sorted = listed.slice().sort((a, b) => {
        const [x, y] = [key(a, column), key(b, column)];
        // Cases without a number stay at the end either way.
        if (x === null || y === null) return (x === null) - (y === null);
        return descending ? y - x : x - y;
      });
      body.append(...sorted);
    });
  });
})();
