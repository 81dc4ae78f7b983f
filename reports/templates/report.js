// Theme, hover, keys, sorting and filtering.
for (const tool of all(".tools")) tool.hidden = false;

// The style sheet knows which theme there is.
const isDark = () => getComputedStyle(root).colorScheme === "dark";
on($("theme"), "click", () => keep("t", isDark() ? "light" : "dark"));
tasks.push((get) => { root.dataset.theme = get("t"); });

// The list of keys; the browser itself closes it.
on(document, "keydown", (event) => {
  if (event.key === "?" && !event.target.matches("input")) $("keys")?.togglePopover();
});

const table = all("#cases table")[0];
const rows = table ? [...table.tBodies[0].rows] : [];
const name = (element) => element.dataset.run + "/" + element.dataset.case;

// Points of charts: the same case lights up everywhere, and one point of a chart takes the keys.
const tip = $("tip");
const points = all("svg.chart .pt");
const light = (point) => {
  const own = point?.dataset.case && name(point);
  for (const one of [...points, ...rows]) one.classList.toggle("on", one === point || name(one) === own);
  tip.textContent = point ? point.ariaLabel : "";
  if (!point) return;
  // Beside the point, so that its neighbours stay in sight.
  const box = point.getBoundingClientRect();
  const [right, width] = [box.right + 8, tip.offsetWidth];
  const put = (side, at, most) => { tip.style[side] = Math.max(4, Math.min(at, most - 4)) + "px"; };
  put("left", right + width < innerWidth ? right : box.left - 8 - width, innerWidth - width);
  put("top", box.top, innerHeight - tip.offsetHeight);
};
const open = (point) => {
  const row = rows.find((row) => name(row) === name(point));
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
  svg.role = "group";
  own.forEach((point, index) => {
    const title = point.querySelector("title");
    point.ariaLabel = title.textContent;
    title.remove();
    point.role = "img";
    point.tabIndex = index ? -1 : 0;
    point.onfocus = point.onpointerenter = () => light(point);
    point.onblur = point.onpointerleave = () => light();
    on(point, "click", () => open(point));
    on(point, "keydown", (event) => {
      const last = own.length - 1;
      const step = {
        ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -last, End: last,
      }[event.key];
      if (event.key === "Escape") light();
      if (event.key === "Enter") open(point);
      if (step === undefined) return;
      event.preventDefault();
      const next = own[Math.max(0, Math.min(index + step, last))];
      point.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  });
}

if (table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => press(head, () => {
    keep("s", (head.ariaSort === "ascending" ? "-" : "") + column);
  }));
  tasks.push((get) => {
    const descending = get("s").startsWith("-");
    const column = Math.abs(get("s"));
    heads.forEach((head, index) => {
      head.ariaSort = get("s") && index === column ? (descending ? "descending" : "ascending") : null;
    });
    const value = (row) => Number(row.cells[column]?.dataset.sort || NaN);
    table.tBodies[0].append(...[...rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      // Cases without a number stay at the end either way.
      return isNaN(x) - isNaN(y) || (descending ? y - x : x - y) || 0;
    }));
  });

  field("f");
  field("q");
  tasks.push((get) => {
    for (const row of rows) {
      const found = row.textContent.toLowerCase().includes(get("q").toLowerCase());
      row.hidden = !found || !row.dataset.word.includes(get("f"));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    $("n").textContent = shown < rows.length ? `${shown} of ${rows.length}` : "";
  });
  on(table, "keydown", (event) => {
    const more = event.key === "Escape" && event.target.closest("details[open]");
    if (more) more.open = false;
  });
}

if ($("pairs")) {
  const { names, against } = JSON.parse($("pairs").textContent);
  choose([$("a"), $("b")], names, [0, names.length - 1], ([a, b]) => {
    const words = a < b ? against[b][a]
      : (a > b ? against[a][b] : "the same").replace(/faster|slower/, (word) => word > "m" ? "faster" : "slower");
    $("r").textContent = `${names[b]} against ${names[a]}: ${words}`;
  });
}
