import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { house } from "./house.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// One of each kind of page, with a name for its picture.
const PAGES = {
  front: "/",
  sample: "/2025-10-20",
  week: "/week/2026-W21",
  month: "/month/2026-05",
  trending: "/trending",
  listing: "/list/cs.CL/2026-05-20",
  listings: "/list",
  search: "/search?q=loss+scale",
  "search-words": "/search?q=%22loss+changes%22&engine=words",
  "search-nothing": "/search?q=zzzzqqqq&engine=words",
  topic: "/topic/loss-functions",
  paper: "/papers/2605.10001",
  "paper-wide": "/papers/2605.10005",
  "paper-many-authors": "/papers/2605.10003",
  "paper-strange": "/papers/2605.10004",
  author: "/author/Ada%20Lovelace",
  about: "/about",
  feeds: "/feeds",
  missing: "/papers/no-such-paper",
};
const MISSING = ["missing"];

let site;
before(async () => { site = await house(); });
after(async () => { await site?.close(); });

/// What a reader sees, without blanks.
const words = (page) => page.evaluate(() => document.querySelector("main").innerText.replace(/\s+/g, " ").trim());

/// The first word that scripts hold back; they may add (a button that copies), never take away or reorder.
function missing(without, withScripts) {
  const shown = withScripts.split(" ");
  let at = 0;
  return without.split(" ").find((word) => {
    const found = shown.indexOf(word, at);
    at = found + 1;
    return found < 0;
  });
}

async function violations(page) {
  // The policy of the page forbids inline scripts; the browser's own protocol may still evaluate.
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return found.violations.map((violation) => `${violation.id}: ${violation.help}: ${violation.nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join("; ")}`);
}

for (const [name, path] of Object.entries(PAGES)) {
  describe(`${name} (${path})`, () => {
    test("is whole with scripts off, and asks no other host", async () => {
      const on = await site.page(path);
      const off = await site.page(path, { javaScriptEnabled: false });
      assert.equal(on.status, MISSING.includes(name) ? 404 : 200);
      // Without scripts nothing can be evaluated in the page; its text comes by the locator.
      const shown = (await off.locator("main").innerText()).replace(/\s+/g, " ").trim();
      assert.equal(missing(shown, await words(on)), undefined);
      assert.ok(shown.length > 20, shown);
      assert.deepEqual([...on.foreign, ...off.foreign], []);
      const faults = on.faults.filter((fault) => !fault.includes("404"));
      assert.deepEqual(faults, []);
      await site.picture(on, `${name}-light`);
      await on.context().close();
      await off.context().close();
    });

    for (const colorScheme of ["light", "dark"]) {
      test(`has no fault that axe finds, colour contrast included, ${colorScheme}`, async () => {
        const page = await site.page(path, { colorScheme });
        assert.deepEqual(await violations(page), []);
        if (colorScheme === "dark") await site.picture(page, `${name}-dark`);
        await page.context().close();
      });
    }

    for (const width of [320, 1600]) {
      test(`does not scroll sideways at ${width} px`, async () => {
        const page = await site.page(path, { viewport: { width, height: 700 } });
        const wide = await page.evaluate(() => ({
          page: document.documentElement.scrollWidth,
          window: document.documentElement.clientWidth,
          by: [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map((one) => one.outerHTML.slice(0, 120)),
        }));
        await site.picture(page, `${name}-${width}`);
        assert.ok(wide.page <= wide.window, JSON.stringify(wide));
        await page.context().close();
      });
    }
  });
}

describe("colours", () => {
  test("dark is dark and light is light", async () => {
    const luminance = async (colorScheme) => {
      const page = await site.page("/", { colorScheme });
      const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor === "rgba(0, 0, 0, 0)" ? getComputedStyle(document.documentElement).backgroundColor : getComputedStyle(document.body).backgroundColor);
      await page.context().close();
      return colour.match(/\d+/g).slice(0, 3).map(Number).reduce((sum, part) => sum + part) / 3;
    };
    assert.ok(await luminance("light") > 230);
    assert.ok(await luminance("dark") < 40);
  });

  test("forced colours leave the page readable", async () => {
    const page = await site.page("/", { forcedColors: "active" });
    await site.picture(page, "front-forced-colours");
    assert.ok((await words(page)).length > 100);
    await page.context().close();
  });
});

describe("keyboard", () => {
  test("the first stop is the skip link, and it leads to the content", async () => {
    const page = await site.page("/");
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /skip/i);
    await page.keyboard.press("Enter");
    assert.match(page.url(), /#content$/);
    await page.context().close();
  });

  test("focus is visible on every stop of the masthead", async () => {
    const page = await site.page("/");
    for (let stop = 0; stop < 8; stop += 1) {
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return { style: style.outlineStyle, width: parseFloat(style.outlineWidth), what: document.activeElement.outerHTML.slice(0, 80) };
      });
      assert.ok(outline.style !== "none" && outline.width >= 2, JSON.stringify(outline));
    }
    await page.context().close();
  });

  test("j and k walk the papers and o opens one", async () => {
    const page = await site.page("/");
    const current = () => page.evaluate(() => document.activeElement.getAttribute("href"));
    await page.keyboard.press("j");
    const first = await current();
    await page.keyboard.press("j");
    const second = await current();
    assert.ok(first?.startsWith("/papers/") && second?.startsWith("/papers/") && first !== second, `${first} ${second}`);
    await page.keyboard.press("k");
    assert.equal(await current(), first);
    await page.keyboard.press("o");
    await page.waitForURL("**/papers/**");
    assert.equal(new URL(page.url()).pathname, first);
    await page.context().close();
  });

  test("/ goes to the search field, where letters are letters", async () => {
    const page = await site.page("/");
    await page.keyboard.press("/");
    await page.keyboard.type("jko?/");
    assert.equal(await page.inputValue("input[type=search]"), "jko?/");
    await page.context().close();
  });

  test("? shows the keys in a dialog that is left by Escape", async () => {
    const page = await site.page("/");
    await page.keyboard.press("?");
    assert.ok(await page.isVisible("dialog[open]"));
    assert.deepEqual(await violations(page), []);
    await site.picture(page, "keys");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("dialog[open]").count(), 0);
    await page.context().close();
  });
});

describe("sizes", () => {
  test("targets are 24 px or spaced so", async () => {
    for (const path of ["/", "/papers/2605.10001", "/search?q=loss"]) {
      const page = await site.page(path, { viewport: { width: 320, height: 700 } });
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run(document, { runOnly: { type: "rule", values: ["target-size"] }, rules: { "target-size": { enabled: true } } }));
      assert.deepEqual(found.violations.flatMap((one) => one.nodes.map((node) => `${path} ${node.html.slice(0, 90)}`)), []);
      await page.context().close();
    }
  });

  test("text can be spaced out without loss", async () => {
    const page = await site.page("/", { viewport: { width: 320, height: 700 } });
    // WCAG 1.4.12, set through the browser's own protocol since the page allows no inline style.
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }");
      document.adoptedStyleSheets = [sheet];
    });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${wide} px too wide`);
    await site.picture(page, "front-320-spaced");
    await page.context().close();
  });

  test("the front page with style and script is within 64 KB on the wire", async () => {
    const page = await site.page("/");
    let bytes = 0;
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    session.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    await page.reload({ waitUntil: "load" });
    assert.ok(bytes > 2_000 && bytes <= 64 * 1024, `${bytes} bytes`);
    await page.context().close();
  });
});

describe("paper", () => {
  test("a day prints as a newspaper: no navigation, nothing cut", async () => {
    const page = await site.page("/");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.isVisible("nav[aria-label=Site]"), false);
    assert.equal(await page.isVisible("form.search"), false);
    assert.ok(await page.isVisible(".papers .title"));
    const pdf = await page.pdf({ format: "A4" });
    assert.ok(pdf.length > 10_000);
    await site.picture(page, "front-print");
    await page.context().close();
  });

  test("formulas are MathML that the browser lays out", async () => {
    const page = await site.page("/papers/2605.10001");
    const heights = await page.evaluate(() => [...document.querySelectorAll("main math")].map((math) => math.getBoundingClientRect().height));
    assert.ok(heights.length >= 2 && heights.some((height) => height > 10), JSON.stringify(heights));
    await page.context().close();
  });

  test("a search from the front page finds a paper and opens it", async () => {
    const page = await site.page("/", { javaScriptEnabled: false });
    await page.fill("input[type=search]", "martingales growth");
    await page.locator("form.search button").click();
    await page.locator('.papers a[href="/papers/2605.10001"]').first().click();
    assert.equal(new URL(page.url()).pathname, "/papers/2605.10001");
    await page.context().close();
  });
});
