// The status page in Chromium: node page.mjs ORDERD CHROMIUM OUTPUT-DIR. Prints a line for each case; exit status 1 where one fails.
import assert from "node:assert/strict";
import http from "node:http";
import { join } from "node:path";
import { chromium } from "playwright-core";
import axe from "axe-core";
import { Shop, until } from "./shop.mjs";

const [orderd, executablePath, output] = process.argv.slice(2);
const wide = { width: 1280, height: 900 };
const narrow = { width: 360, height: 740 };
const hostile = {
  "o-<img src=x onerror=alert(1)>": "<img/src=x/onerror=alert(1)>",
  "o-\"'><script>alert(1)</script>": "\"'><script>alert(1)</script>",
  "o-\u202Eesrever\u2066\u200F": "\u202Eesrever\u2069",
  ["o-" + "w".repeat(126)]: "W".repeat(128),
  "o-{{version}}&lt;": "&lt;",
};

const shop = new Shop(orderd);
let browser = null;
let failed = 0;

// A page and its problems: console messages, errors, dialogs, requests to other hosts.
async function open(options = {}, path = "") {
  const context = await browser.newContext({ viewport: wide, ...options });
  const page = await context.newPage();
  page.wrong = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => page.wrong.push(`error: ${error}`));
  page.on("dialog", (dialog) => {
    page.wrong.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  context.on("request", (request) => {
    if (!request.url().startsWith(shop.url)) page.wrong.push(`request: ${request.url()}`);
  });
  await page.goto(shop.url + path);
  return page;
}

async function close(page) {
  await page.context().close();
  assert.deepEqual(page.wrong, []);
}

const text = (page, selector) => page.locator(selector).innerText();
const shows = (page, selector, pattern) => until(`${pattern} in ${selector}`, async () => pattern.test(await text(page, selector)));
const isLive = (page) => shows(page, "#link", /^live$/);

async function noOverflow(page) {
  const [scroll, client] = await page.evaluate(() => [document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]);
  assert.ok(scroll <= client, `the page is ${scroll} wide in a window of ${client}`);
}

// Cells whose text is cut off. The detail of a malformed request may be: its title has all of it.
const cut = (page, cells) =>
  page.locator(cells).evaluateAll((found) =>
    found
      .filter((each) => each.scrollWidth > each.clientWidth)
      .filter((each) => !(each.matches("#results td:nth-child(4)") && each.title === each.textContent && each.title.length > 40))
      .map((each) => each.textContent),
  );

async function accessible(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html + " " + node.failureSummary).join("; ")}`);
  assert.deepEqual(found, []);
}

async function check(name, body) {
  try {
    await body();
    console.log(`good    ${name}`);
  } catch (error) {
    failed = 1;
    console.log(`FAILED  ${name}: ${error.stack}`);
  }
}

async function run() {
  for (const [sku, amount] of Object.entries({ shoe: 1000000, sock: 250000, hat: 500, scarf: 7, umbrella: 0, glove: 40000 })) {
    shop.ask("SET", `product:${sku}:stock`, String(amount));
  }
  shop.produce();

  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of Object.entries({ wide, narrow })) {
      await check(`${colorScheme}, ${name}: no axe violation, no horizontal scroll, nothing cut`, async () => {
        const page = await open({ viewport, colorScheme });
        await isLive(page);
        await shows(page, "#results", /order-/);
        await shows(page, "#stock", /shoe/);
        await until("bars", () => page.evaluate(() => document.getElementById("chart-accepted").getAttribute("d") !== ""));
        await page.screenshot({ path: join(output, `${colorScheme}-${name}.png`), fullPage: true });
        await noOverflow(page);
        assert.deepEqual(await cut(page, "#lanes td, #stock td, #results td, .big"), []);
        await accessible(page);
        await close(page);
      });
    }
  }

  await check("the page works without JavaScript", async () => {
    const page = await open({ javaScriptEnabled: false });
    await shows(page, "#lanes", /orders\s+serving, \d+ in flight\s+shop-1 \(this daemon\)/);
    await shows(page, "#rate", /^\d/);
    await until("the server's figures", async () => {
      await page.reload();
      return /order-/.test(await text(page, "#results"));
    });
    assert.match(await text(page, "#stock"), /shoe\s+\d/);
    await close(page);
  });
  shop.stopProducing();

  await check("a settled order is shown without a reload", async () => {
    const page = await open();
    await isLive(page);
    await page.evaluate(() => (window.marked = true));
    shop.push("o-live", "hat");
    await shows(page, "#results", /o-live/);
    assert.equal(await page.evaluate(() => window.marked), true);
    await close(page);
  });

  await check("hostile IDs and SKUs are text, complete in the title, and do not change the layout", async () => {
    const page = await open({ viewport: narrow });
    await isLive(page);
    // Often enough to be one of the hottest.
    const items = Object.values(hostile).map((sku) => ({ sku, quantity: 1 }));
    for (const { sku } of items) shop.ask("SET", `product:${sku}:stock`, "100");
    for (let i = 0; i < 20; ++i) shop.ask("XADD", "orders", "*", "order", JSON.stringify({ id: `pad-${i}`, items }));
    for (const [id, sku] of Object.entries(hostile)) shop.push(id, sku);
    await shows(page, "#results", /o-\{\{version\}\}/);
    const cells = () => page.evaluate(() => [...document.querySelectorAll("td")].map((cell) => [cell.textContent, cell.title]));
    for (const [id, sku] of Object.entries(hostile)) {
      const found = (await cells()).filter(([content]) => content === id || content === sku);
      assert.equal(found.length, 2, `${id}: ${found}`);
      for (const [content, title] of found) assert.equal(title, content.length > 12 ? content : "");
    }
    assert.equal(await page.locator("main img, main script").count(), 0);
    await noOverflow(page);
    await page.screenshot({ path: join(output, "hostile-narrow.png"), fullPage: true });
    await page.setViewportSize(wide);
    await noOverflow(page);
    await accessible(page);
    await page.screenshot({ path: join(output, "hostile-wide.png"), fullPage: true });
    await close(page);

    const plain = await open({ javaScriptEnabled: false });
    for (const id of Object.keys(hostile)) assert.ok((await plain.locator("td").allTextContents()).includes(id), id);
    assert.equal(await plain.locator("main img, main script").count(), 0);
    await close(plain);
  });

  await check("a frozen or stopped daemon is reported, and the page continues when it is back", async () => {
    const page = await open();
    await isLive(page);
    shop.daemon.kill("SIGSTOP");
    await shows(page, "#link", /^disconnected$/);
    assert.match(await text(page, "#alarm"), /^Disconnected: .* since \d\d:\d\d:\d\d UTC\. The figures below are old\.$/);
    assert.equal(await page.evaluate(() => document.body.className), "stale");
    shop.daemon.kill("SIGCONT");
    await isLive(page);
    assert.equal(await page.locator("#alarm").isVisible(), false);
    shop.daemon.kill("SIGKILL");
    await shop.daemon.ended;
    await shows(page, "#link", /^disconnected$/);
    await page.screenshot({ path: join(output, "disconnected.png"), fullPage: true });
    await accessible(page);
    await shop.startDaemon();
    await isLive(page);
    shop.push("o-again", "hat");
    await shows(page, "#results", /o-again/);
    await page.context().close(); // the console has the refused connections
  });

  await check("without an event stream the page polls", async () => {
    const agent = new http.Agent({ maxSockets: 16 });
    const streams = await Promise.all(
      Array.from({ length: 16 }, () => new Promise((go) => http.get(`${shop.url}events`, { agent }, (answer) => go(answer.resume())))),
    );
    const page = await open();
    await isLive(page);
    shop.push("o-asked", "hat");
    await shows(page, "#results", /o-asked/);
    for (const stream of streams) stream.destroy();
    await page.context().close(); // the console has the refused stream
  });
}

try {
  await shop.start();
  // Chromium's sandbox refuses root.
  browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid() !== 0 });
  await run();
} catch (error) {
  failed = 1;
  console.log(`FAILED  ${error.stack}`);
} finally {
  await browser?.close();
  await shop.stop();
}
process.exit(failed);
