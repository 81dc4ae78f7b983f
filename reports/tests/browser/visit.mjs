// Opens report pages in a real chromium and says what is wrong with them.
//
// Called by reports/tests/it/acceptance.rs: node visit.mjs CONFIG.json, where CONFIG names the
// chromium, the folder of node_modules, the folder for screenshots and the pages. It prints one
// line of JSON for each finding; a page without findings prints none. Screenshots are kept.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const config = JSON.parse(readFileSync(process.argv[2], "utf8"));
const require = createRequire(path.join(config.modules, "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath: config.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const say = (page, where, check, what) => {
  console.log(JSON.stringify({ page, where, check, what }));
};
const settle = (tab) =>
  tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

// What runs inside the page: every SVG text is large enough, inside its picture, readable against
// its ground, and clear of other texts and of the lines of data.
const texts = () => {
  const found = [];
  const channel = (value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  };
  const contrast = (one, other) => {
    const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const meets = (a, b, slack) =>
    a.left + slack < b.right && b.left + slack < a.right && a.top + slack < b.bottom && b.top + slack < a.bottom;
  for (const svg of document.querySelectorAll("svg.chart")) {
    const all = svg.getBoundingClientRect();
    if (!all.width) continue;
    const chart = svg.closest("section").id;
    const say = (what) => found.push(`${chart}: ${what}`);
    const shown = [...svg.querySelectorAll("text")].filter((text) => text.getBoundingClientRect().width);
    const rects = [...svg.querySelectorAll("rect:not([pointer-events])")];
    const grounds = rects.map((rect) => [rect, rect.getBoundingClientRect()]);
    const boxes = shown.map((text) => text.getBoundingClientRect());
    const paper = getComputedStyle(document.documentElement).backgroundColor;
    shown.forEach((text, index) => {
      const box = boxes[index];
      const name = JSON.stringify(text.textContent.slice(0, 40));
      const size = parseFloat(getComputedStyle(text).fontSize) * (all.width / svg.viewBox.baseVal.width);
      if (size < 9) say(`${name} is ${size.toFixed(1)} px high`);
      const out = [all.left - box.left, box.right - all.right, all.top - box.top, box.bottom - all.bottom];
      if (Math.max(...out) > 1) say(`${name} leaves its picture by ${Math.max(...out).toFixed(1)} px`);
      const x = (box.left + box.right) / 2;
      const y = (box.top + box.bottom) / 2;
      const under = grounds.filter(([rect, own]) => own.left <= x && x <= own.right && own.top <= y && y <= own.bottom
        && getComputedStyle(rect).fill.startsWith("rgb"));
      const ground = under.length ? getComputedStyle(under.at(-1)[0]).fill : paper;
      const ratio = contrast(getComputedStyle(text).fill, ground);
      if (ratio < 4.5) say(`${name} has a contrast of ${ratio.toFixed(2)} to its ground`);
      for (let other = index + 1; other < boxes.length; other++) {
        if (meets(box, boxes[other], 1.5)) say(`${name} meets ${JSON.stringify(shown[other].textContent.slice(0, 40))}`);
      }
    });
    // Lines of data must not run through labels: their points, and points between them.
    for (const line of svg.querySelectorAll("polyline.s-data")) {
      const at = line.getScreenCTM();
      const points = [...line.points].map((point) => point.matrixTransform(at));
      const dense = points.flatMap((point, index) => {
        const next = points[index + 1] || point;
        return Array.from({ length: 24 }, (_, step) => [
          point.x + ((next.x - point.x) * step) / 24, point.y + ((next.y - point.y) * step) / 24,
        ]);
      });
      boxes.forEach((box, index) => {
        const inner = dense.some(([x, y]) => box.left + 2 < x && x < box.right - 2 && box.top + 3 < y && y < box.bottom - 3);
        if (inner) say(`a line runs through ${JSON.stringify(shown[index].textContent.slice(0, 40))}`);
      });
    }
  }
  return found;
};

async function tab(page, { theme, width, script = true, print = false }) {
  const context = await browser.newContext({
    viewport: { width, height: 900 }, colorScheme: theme, javaScriptEnabled: script,
  });
  const opened = await context.newPage();
  if (print) await opened.emulateMedia({ media: "print", colorScheme: theme });
  const where = `${theme} ${width}${script ? "" : " without JavaScript"}${print ? " print" : ""}`;
  const address = "file://" + page.file;
  opened.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) say(page.name, where, "console", message.text());
  });
  opened.on("pageerror", (error) => say(page.name, where, "page error", error.message));
  opened.on("request", (request) => {
    const own = request.url().split("#")[0] === address || request.url().startsWith("data:");
    if (!own && !page.split) say(page.name, where, "request", request.url());
  });
  return { context, opened, where, address };
}

async function looked(page, theme, width) {
  const { context, opened, where, address } = await tab(page, { theme, width });
  await opened.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
  });
  const began = Date.now();
  await opened.goto(address);
  await settle(opened);
  const ready = Date.now() - began;
  if (theme === "light" && width === 1440) console.error(`${page.name}: ready after ${ready} ms`);
  const wide = await opened.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) say(page.name, where, "scrolls sideways", `${wide} px`);
  for (const what of await opened.evaluate(texts)) say(page.name, where, "text", what);
  await opened.screenshot({ path: path.join(config.shots, `${page.name}-${theme}-${width}.png`), fullPage: true });
  // The strict policy forbids foreign scripts, so axe comes by the debugger, which it does not bind.
  await opened.evaluate(axe);
  const found = await opened.evaluate(() => axe.run(document, { resultTypes: ["violations"], preload: false }));
  for (const one of found.violations) say(page.name, where, "axe", `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 2).join(" | ")}`);
  await used(page, opened, where);
  const violations = await opened.evaluate(() => violations);
  if (violations.length) say(page.name, where, "policy", violations.join(", "));
  await context.close();
}

// Hover, keys, sorting, links.
async function used(page, opened, where) {
  const wrong = await opened.evaluate(() => {
    const found = [];
    const tip = document.getElementById("tip");
    for (const svg of document.querySelectorAll("svg.chart")) {
      const points = [...svg.querySelectorAll(".pt")];
      if (!svg.getBoundingClientRect().width || points.length < 2) continue;
      const chart = svg.closest("section").id;
      points[0].dispatchEvent(new PointerEvent("pointerenter"));
      if (!tip.textContent || tip.textContent !== points[0].getAttribute("aria-label")) found.push(`${chart}: no tip`);
      points[0].dispatchEvent(new PointerEvent("pointerleave"));
      points[0].focus();
      const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      press("ArrowRight");
      if (document.activeElement !== points[1]) found.push(`${chart}: an arrow does not move`);
      if (points.filter((point) => point.tabIndex === 0).length !== 1) found.push(`${chart}: not one point takes the keys`);
      press("End");
      if (document.activeElement !== points.at(-1)) found.push(`${chart}: End does not go to the end`);
      press("Home");
      if (document.activeElement !== points[0]) found.push(`${chart}: Home does not go to the first`);
      press("Escape");
      if (tip.textContent) found.push(`${chart}: Escape leaves the tip`);
      points[0].blur();
    }
    const table = document.querySelector("#cases table");
    if (!table) return found;
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const values = () => [...table.tBodies[0].rows].filter((row) => row.cells[column] && row.cells[column].dataset.sort)
        .map((row) => Number(row.cells[column].dataset.sort));
      head.querySelector("button").click();
      const up = values();
      if (column && up.some((value, index) => value < up[index - 1])) found.push(`column ${column} does not sort`);
      if (head.getAttribute("aria-sort") !== "ascending") found.push(`column ${column} does not say so`);
      head.querySelector("button").click();
      const down = values();
      if (column && down.some((value, index) => value > down[index - 1])) found.push(`column ${column} does not reverse`);
      if (head.getAttribute("aria-sort") !== "descending") found.push(`column ${column} does not say that it is reversed`);
    });
    heads[0].querySelector("button").click();
    return found;
  });
  for (const what of wrong) say(page.name, where, "use", what);
  if (await opened.locator("tr[id^=case-]").count()) {
    await opened.evaluate(() => { location.hash = document.querySelector("tr[id^=case-]").id; });
    if (!(await opened.locator("tr:target").count())) say(page.name, where, "link", "no row is the target");
  }
}

// The link chooses the pair of profiles, the axis and what is looked for, and keeps them.
async function chosen(page) {
  const { context, opened, where, address } = await tab(page, { theme: "light", width: 1440 });
  await opened.goto(address + "#a=01&b=00&find=tree&trend=zoom");
  await settle(opened);
  const seen = await opened.evaluate(() => ({
    lanes: [...document.querySelectorAll("#profile svg.wide > .lane-name")].map((text) => text.textContent),
    pair: ["a", "b", "pa", "pb"].map((id) => document.getElementById(id).value).join(" "),
    found: document.getElementById("found").textContent,
    zoomed: document.querySelector("#trend .zoomed").offsetHeight > 0,
    rows: [...document.querySelectorAll("#profile tbody tr")].map((row) => row.cells[4].textContent).join(" "),
  }));
  const expect = {
    lanes: ["A: 01", "B: 00 Baseline"], pair: "01 00 01 00", found: "Found in A 52.6 %, B 49.8 %", zoomed: true,
    rows: "new new more less",
  };
  for (const key in expect) {
    const [own, wanted] = [seen[key], expect[key]].map((value) => JSON.stringify(value));
    if (own !== wanted) say(page.name, where, "link", `${key}: ${own} instead of ${wanted}`);
  }
  await opened.selectOption("#pb", "02");
  if (!opened.url().includes("b=02")) say(page.name, where, "link", `the choice is not in ${opened.url()}`);
  await opened.screenshot({ path: path.join(config.shots, `${page.name}-chosen.png`), fullPage: true });
  await context.close();
}

// The numbers on the page are those that the test recomputed from the store.
async function numbers(page) {
  const { context, opened, where, address } = await tab(page, { theme: "light", width: 1440 });
  await opened.goto(address);
  const wrong = await opened.evaluate((expect) => {
    const found = [];
    const headline = document.querySelector("h1").textContent;
    if (headline !== expect.headline) found.push(`headline ${headline}`);
    let seen = 0;
    for (const span of document.querySelectorAll("#cases [data-metric]")) {
      const row = span.closest("tr");
      const { metric, field, value, other } = span.dataset;
      const key = metric === "against" ? `against ${other}` : metric;
      const own = expect.cases[row.id] && expect.cases[row.id][key];
      const known = own && own[field];
      seen += 1;
      if (known === undefined || known === null || Math.abs(known - Number(value)) > 1e-9 * Math.abs(known)) {
        found.push(`${row.id} ${key} ${field}: ${value} on the page, ${known} in the store`);
      }
    }
    if (seen < expect.least) found.push(`only ${seen} numbers`);
    for (const svg of document.querySelectorAll("svg.chart")) {
      if (!(svg.getAttribute("aria-label") || "").length) found.push("a picture without a name");
    }
    return found;
  }, page.expect);
  for (const what of wrong) say(page.name, where, "numbers", what);
  await context.close();
}

async function withoutScript(page) {
  const plain = await tab(page, { theme: "light", width: 1440, script: false });
  await plain.opened.goto(plain.address);
  const seen = async (opened) => opened.evaluate(() => ({
    buttons: [...document.querySelectorAll("button, select, input")].filter((one) => one.getBoundingClientRect().width).length,
    numbers: document.querySelectorAll("[data-metric]").length,
    charts: [...document.querySelectorAll("svg.chart")].filter((one) => one.getBoundingClientRect().width).length,
    rows: document.querySelectorAll("tr").length,
    opens: (() => {
      const more = document.querySelector("#cases details");
      if (!more) return true;
      more.firstElementChild.click();
      return more.open && more.querySelector(".more").firstElementChild.getBoundingClientRect().height > 0;
    })(),
  }));
  const off = await seen(plain.opened);
  await plain.opened.screenshot({ path: path.join(config.shots, `${page.name}-no-script.png`), fullPage: true });
  await plain.context.close();
  const { context, opened, address } = await tab(page, { theme: "light", width: 1440 });
  await opened.goto(address);
  const on = await seen(opened);
  await context.close();
  if (off.numbers + off.rows === 0) say(page.name, plain.where, "empty", "nothing is there");
  if (off.buttons) say(page.name, plain.where, "dead", `${off.buttons} controls are visible`);
  if (!off.opens) say(page.name, plain.where, "details", "a row does not open");
  for (const key of ["numbers", "charts", "rows"]) {
    if (off[key] !== on[key]) say(page.name, plain.where, key, `${off[key]} instead of ${on[key]}`);
  }
}

async function printed(page) {
  const { context, opened, where, address } = await tab(page, { theme: "dark", width: 1440, print: true });
  await opened.goto(address);
  const ground = await opened.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  if (ground !== "rgb(255, 255, 255)") say(page.name, where, "ground", ground);
  // What is folded is read on paper too, but for what would fill pages of it.
  const folded = await opened.evaluate(() => [...document.querySelectorAll("details")].filter((one) =>
    one.classList.contains("fold") === one.firstElementChild.nextElementSibling.checkVisibility()
      && !one.parentElement.closest(".fold")).map((one) => one.textContent.slice(0, 40)));
  if (folded.length) say(page.name, where, "folded", folded.join(" | "));
  await opened.screenshot({ path: path.join(config.shots, `${page.name}-print.png`), fullPage: true });
  await context.close();
}

// As artifact servers do it: no script, and no style but from files.
async function behindJenkins(page) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const opened = await context.newPage();
  await opened.route("**/*", (route) => route.fulfill({
    body: readFileSync(path.join(path.dirname(page.file), path.basename(new URL(route.request().url()).pathname))),
    contentType: route.request().url().endsWith(".css") ? "text/css" : "text/html; charset=utf-8",
    headers: { "content-security-policy": "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self'" },
  }));
  await opened.goto("http://jenkins.test/" + path.basename(page.file));
  const file = path.join(config.shots, `${page.name}-jenkins.png`);
  const shot = await opened.locator("svg.chart.wide:visible, svg.spark:visible").first().screenshot();
  await opened.screenshot({ path: file, fullPage: true });
  await context.close();
  const lab = await browser.newContext();
  const bench = await lab.newPage();
  const counts = await bench.evaluate(async (data) => {
    const image = new Image();
    image.src = "data:image/png;base64," + data;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const drawing = canvas.getContext("2d");
    drawing.drawImage(image, 0, 0);
    const pixels = drawing.getImageData(0, 0, canvas.width, canvas.height).data;
    let [blue, black] = [0, 0];
    for (let at = 0; at < pixels.length; at += 4) {
      const [r, g, b] = pixels.slice(at, at + 3);
      if (Math.abs(r - 0) < 8 && Math.abs(g - 0x67) < 8 && Math.abs(b - 0xa8) < 8) blue += 1;
      if (r + g + b < 60) black += 1;
    }
    return { blue, black: black / (pixels.length / 4) };
  }, shot.toString("base64"));
  await lab.close();
  if (!counts.blue) say(page.name, "Jenkins", "chart", "the data's colour is nowhere");
  if (counts.black > 0.05) say(page.name, "Jenkins", "chart", `${(100 * counts.black).toFixed(1)} % is black`);
}

async function visited(page) {
  for (const theme of ["light", "dark"]) {
    for (const width of [320, 768, 1440]) await looked(page, theme, width);
  }
  if (page.expect) await numbers(page);
  if (page.name === "profiled") await chosen(page);
  await withoutScript(page);
  await printed(page);
  if (page.drawn) await behindJenkins(page);
  await looked(page, "light", 2560);
}

// A few at a time; what is found is printed as it is found.
const waiting = [...config.pages];
const visitor = async () => {
  for (let page = waiting.shift(); page; page = waiting.shift()) await visited(page);
};
await Promise.all(Array.from({ length: config.at_once }, visitor));
await browser.close();
