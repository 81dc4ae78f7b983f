// Takes pictures of the first screen of reports, for the docs (`just screenshots`):
// node screens.mjs THEMES FOLDER PAGE..., where THEMES is light, dark or both with a comma between.
// PAGE.html becomes FOLDER/PAGE-top-THEME.png.
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import path from "node:path";

const [themes, folder, ...pages] = process.argv.slice(2);
const modules = process.env.DYNO_NODE_MODULES ?? "target/ci-node/node_modules";
const { chromium } = createRequire(path.resolve(modules, "x.js"))("playwright-core");
const programs = process.env.PATH.split(":").flatMap((place) =>
  ["chromium", "chromium-browser", "google-chrome"].map((name) => path.join(place, name)));
const browser = await chromium.launch({
  executablePath: programs.find(existsSync), args: ["--no-sandbox", "--disable-gpu"],
});
for (const page of pages) {
  for (const colorScheme of themes.split(",")) {
    const context = await browser.newContext({ viewport: { width: 900, height: 960 }, colorScheme });
    const opened = await context.newPage();
    await opened.goto("file://" + path.resolve(page));
    const name = `${path.basename(page, ".html")}-top-${colorScheme}.png`;
    await opened.screenshot({ path: path.join(folder, name) });
    await context.close();
  }
}
await browser.close();
