// How long pages take from navigation until they are ready, in a real chromium: a benchmark.
//
// Called by reports/tests/it/ready.rs: node ready.mjs CONFIG.json, where CONFIG names the chromium,
// the folder of node_modules, the pages and how often each is opened. One page at a time, each time
// in a context of its own, so that nothing is cached. It prints one line per page.
import { createRequire } from "node:module";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";

const config = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { chromium } = createRequire(path.join(config.modules, "x.js"))("playwright-core");
const browser = await chromium.launch({
  executablePath: config.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});

// By the page's own clock, which begins with the navigation: the first paint, and the second frame
// after everything was loaded and every script has run.
async function opened(file) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.ready = new Promise((done) => addEventListener("load", () => {
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
    }));
  });
  await page.goto("file://" + file);
  const times = await page.evaluate(async () => {
    const ready = await window.ready;
    return { ready, paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? ready };
  });
  await context.close();
  return times;
}

const told = (times) => {
  const sorted = times.toSorted((a, b) => a - b);
  const [low, middle, high] = [0, sorted.length >> 1, sorted.length - 1].map((at) => sorted[at].toFixed(0));
  return `${middle} ms (${low} to ${high})`;
};

for (const { name, file, samples } of config.pages) {
  // The first one warms the browser up.
  await opened(file);
  const times = [];
  for (let at = 0; at < config.times; at += 1) times.push(await opened(file));
  const [ready, paint] = ["ready", "paint"].map((key) => told(times.map((one) => one[key])));
  const size = (statSync(file).size / 1024).toFixed(0);
  console.log(`${name}: ${samples} samples, ${size} KiB: ready after ${ready}, first paint after ${paint}`);
}
await browser.close();
