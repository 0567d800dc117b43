// A server with the sample and some made papers, and a browser without a way to any other host.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const program = process.env.BROADSHEET_TEST_PROGRAM ?? resolve(here, "../../target/debug/broadsheet");
const pictures = process.env.BROADSHEET_TEST_SCREENSHOTS;
if (pictures) mkdirSync(pictures, { recursive: true });

// Everything that makes pages burst: long words, formulas, many authors, right-to-left names, markup.
const made = (number, changes) => ({
  id: `2605.${String(10000 + number)}`,
  authors: "Ada Lovelace, Jos\u00e9 Garc\u00eda",
  title: `Made Paper Number ${number}`,
  comments: "12 pages, accepted at NeurIPS 2026. Code: https://github.com/example/project",
  categories: "cs.CL cs.LG",
  abstract: "We study how a loss changes with scale. ".repeat(12) + "The cost is $O(n \\log n)$ and $\\frac{1}{2}\\sum_i x_i^2$.",
  announced: "2026-05-20",
  ...changes,
});
const papers = [
  made(1, { title: "On $\\mathbb{R}^d$-valued Martingales with $\\frac{\\alpha}{\\beta}$ Growth and $\\sum_{i=1}^{n} x_i$ Terms" }),
  made(2, { title: "Pneumonoultramicroscopicsilicovolcanoconiosis".repeat(3) }),
  made(3, { authors: Array.from({ length: 300 }, (_, at) => `Person${at} Family${at}`).join(", ") }),
  made(4, { authors: "\u05e9\u05dc\u05d5\u05dd \u05d0\u05dc\u05db\u05e1\u05e0\u05d3\u05e8, \u0645\u062d\u0645\u062f \u0639\u0644\u064a", title: "\u202eReversed <script>alert(1)</script> & <b>Bold</b>" }),
  made(5, { abstract: "$$\\begin{pmatrix} a & b & c & d & e & f & g & h \\\\ 1 & 2 & 3 & 4 & 5 & 6 & 7 & 8 \\end{pmatrix} = \\int_0^\\infty \\exp(-x^2 + y^2 + z^2 + u^2 + v^2 + w^2)\\,dx$$ See https://example.org/" + "long/".repeat(60) }),
  ...Array.from({ length: 60 }, (_, at) => made(10 + at, {})),
];

export async function house() {
  const directory = mkdtempSync(join(tmpdir(), "broadsheet-browser-"));
  const data = join(directory, "data");
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BROADSHEET_")));
  const server = spawn(program, ["serve", "--data", data, "--listen", "127.0.0.1:0"], { cwd: directory, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let log = "";
  server.stderr.on("data", (bytes) => { log += bytes; });
  const origin = await new Promise((found, failed) => {
    server.on("error", failed);
    server.on("exit", (code) => failed(new Error(`the server ended with ${code}: ${log}`)));
    server.stdout.on("data", (bytes) => {
      said += bytes;
      const address = /http:\/\/[\d.]+:\d+/.exec(said);
      if (address) found(address[0]);
    });
  });
  const file = join(directory, "made-arxiv.jsonl");
  writeFileSync(file, papers.map((paper) => JSON.stringify(paper) + "\n").join(""));
  const imported = spawnSync(program, ["import", "--data", data, file], { cwd: directory, env: environment, encoding: "utf8" });
  if (imported.status !== 0) throw new Error(`import: ${imported.stderr}`);
  await until("made papers in the search", async () => {
    const answer = await fetch(`${origin}/search?q=martingales`);
    return answer.ok && (await answer.text()).includes("/papers/2605.10001");
  });
  const browser = await chromium.launch({
    executablePath: process.env.BROADSHEET_TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  return {
    origin,
    browser,
    /// A page at a path; requests to other hosts are refused and remembered, faults of scripts too.
    async page(path, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
      const page = await context.newPage();
      page.foreign = [];
      page.faults = [];
      page.on("pageerror", (error) => page.faults.push(String(error)));
      page.on("console", (message) => { if (message.type() === "error") page.faults.push(message.text()); });
      await page.route("**/*", (route) => {
        const url = route.request().url();
        if (url.startsWith(origin)) return route.continue();
        page.foreign.push(url);
        return route.abort();
      });
      page.status = (await page.goto(origin + path, { waitUntil: "load" })).status();
      return page;
    },
    async picture(page, name) {
      if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
    },
    async close() {
      await browser.close();
      server.removeAllListeners("exit");
      const ended = new Promise((done) => server.on("exit", done));
      server.kill("SIGTERM");
      const code = await ended;
      rmSync(directory, { recursive: true, force: true });
      if (code !== 0) throw new Error(`the server ended with ${code}: ${log}`);
    },
  };
}

const PATIENCE_MS = 60_000;

async function until(what, holds) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
