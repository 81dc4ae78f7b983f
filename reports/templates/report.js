// Hover, keys, sorting, filtering, theme, and a state that lives in the link. The page is complete
// without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  let state;
  const read = () => {
    const hash = location.hash.slice(1);
    if (hash.includes("=") || !state) state = new URLSearchParams(hash.includes("=") ? hash : "");
  };
  const keep = (key, value) => {
    if (value) state.set(key, value);
    else state.delete(key);
    location.replace("#" + state);
    apply();
  };
  const tasks = [];
  const apply = () => tasks.forEach((task) => task((key) => state.get(key) || ""));
  for (const tool of all("#theme, #cases .tools, #keys")) tool.hidden = false;

  const isDark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  $("theme").addEventListener("click", () => keep("t", isDark() ? "light" : "dark"));
  tasks.push((get) => {
    if (["light", "dark"].includes(get("t"))) root.dataset.theme = get("t");
    else delete root.dataset.theme;
  });

  const table = document.querySelector("#cases table");
  const rows = table ? [...table.tBodies[0].rows] : [];
  const name = (element) => element.dataset.run + "/" + element.dataset.case;

  // Points of charts: the same case lights up everywhere, and one point of a chart takes the keys.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  const points = all("svg.chart .pt");
  const light = (point) => {
    const own = point && point.dataset.case !== undefined && name(point);
    for (const one of [...points, ...rows]) one.classList.toggle("on", Boolean(own) && name(one) === own);
    if (point) point.classList.add("on");
    tip.textContent = point ? point.getAttribute("aria-label") : "";
    if (!point) return;
    // Beside the point, so that its neighbours stay in sight.
    const box = point.getBoundingClientRect();
    const [right, width] = [box.right + 8, tip.offsetWidth];
    const put = (side, at, most) => { tip.style[side] = Math.max(4, Math.min(at, most - 4)) + "px"; };
    put("left", right + width < innerWidth ? right : box.left - 8 - width, innerWidth - width);
    put("top", box.top, innerHeight - tip.offsetHeight);
  };
  const open = (point) => {
    const row = point.dataset.case !== undefined && rows.find((row) => name(row) === name(point));
    if (!row) return;
    row.hidden = false;
    const more = row.querySelector("details");
    more.open = true;
    more.firstElementChild.focus();
    row.scrollIntoView({ block: "center" });
  };
  for (const svg of all("svg.chart")) {
    const own = all(".pt", svg);
    if (!own.length) continue;
    svg.setAttribute("role", "group");
    own.forEach((point, index) => {
      const on = (event, act) => point.addEventListener(event, act);
      const title = point.querySelector("title");
      point.setAttribute("aria-label", title.textContent);
      title.remove();
      point.setAttribute("role", "img");
      point.tabIndex = index ? -1 : 0;
      for (const event of ["focus", "pointerenter"]) on(event, () => light(point));
      for (const event of ["blur", "pointerleave"]) on(event, () => light());
      on("click", () => open(point));
      on("keydown", (event) => {
        const last = own.length - 1;
        const to = {
          ArrowRight: index + 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowUp: index - 1,
          Home: 0, End: last,
        }[event.key];
        if (event.key === "Escape") light();
        if (event.key === "Enter") open(point);
        if (to === undefined) return;
        event.preventDefault();
        const next = own[Math.max(0, Math.min(to, last))];
        point.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      });
    });
  }

  if (table) {
    const heads = [...table.tHead.rows[0].cells];
    // A number where the cell has one; the first column keeps the order of the suite.
    const value = (row, column) => {
      const cell = row.cells[column];
      return column === 0 ? rows.indexOf(row) : cell && cell.dataset.sort ? Number(cell.dataset.sort) : null;
    };
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        keep("s", (head.getAttribute("aria-sort") === "ascending" ? "-" : "") + column);
      });
    });
    tasks.push((get) => {
      const descending = get("s").startsWith("-");
      const column = Math.abs(get("s") || 0);
      heads.forEach((head) => head.removeAttribute("aria-sort"));
      if (get("s") && heads[column]) heads[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
      table.tBodies[0].append(...rows.slice().sort((a, b) => {
        const [x, y] = [value(a, column), value(b, column)];
        // Cases without a number stay at the end either way.
        if (x === null || y === null) return (x === null) - (y === null);
        return descending ? y - x : x - y;
      }));
    });

    for (const id of ["f", "q"]) $(id).addEventListener("input", () => keep(id, $(id).value));
    tasks.push((get) => {
      for (const id of ["f", "q"]) $(id).value = get(id);
      for (const row of rows) {
        const word = row.dataset.word;
        const kind = get("f") === "changed" ? ["faster", "slower", "failed"].includes(word)
          : !get("f") || word === get("f");
        row.hidden = !kind || !row.textContent.toLowerCase().includes(get("q").toLowerCase());
      }
      const shown = rows.filter((row) => !row.hidden).length;
      $("n").textContent = shown < rows.length ? `${shown} of ${rows.length}` : "";
    });
    table.addEventListener("keydown", (event) => {
      const more = event.key === "Escape" && event.target.closest("details[open]");
      if (more) more.open = false;
    });
  }

  if ($("pairs") && table) {
    const { names, against } = JSON.parse($("pairs").textContent);
    const sides = ["a", "b"].map($);
    sides.forEach((side) => {
      side.append(...names.map((text) => new Option(text)));
      side.addEventListener("change", () => keep(side.id, side.value));
    });
    tasks.push((get) => {
      const [a, b] = sides.map((side, last) => {
        const index = names.indexOf(get(side.id));
        side.selectedIndex = index < 0 ? last * (names.length - 1) : index;
        return side.selectedIndex;
      });
      const swap = { faster: "slower", slower: "faster" };
      const words = a < b ? against[b][a]
        : (a > b ? against[a][b] : "the same").replace(/faster|slower/, (word) => swap[word]);
      $("r").textContent = `${names[b]} against ${names[a]}: ${words}`;
    });
  }

  read();
  apply();
  addEventListener("hashchange", () => { read(); apply(); });
})();
