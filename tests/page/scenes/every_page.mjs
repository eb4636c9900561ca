// Every page of the list, in every look: it is there, shows what it has to, keeps nobody out, fits,
// is printed whole, and can be used without a mouse. No link leads to a page that is not listed.

import assert from "node:assert/strict";
import { join } from "node:path";

import { canBeHit, canBeTabbed, fits, isAccessible, turnsNothing } from "../checks.mjs";
import { NARROW, Visitor, WIDE, ZOOMED } from "../driver.mjs";
import { PAGES, lineOf, pathOf } from "../pages.mjs";
import { isPrinted } from "../paper.mjs";
import { ask } from "../world.mjs";

/// A folder for pictures of every page in every look, for who wants to see them.
const PICTURES = process.env.RENKEI_PICTURES;

const nameOf = ({ path }) => path.replace(/\W+/g, "_");

/// `width` is `wide`, `narrow` or `zoomed`.
export default async function play(browser, which) {
  const width = { wide: WIDE, narrow: NARROW, zoomed: ZOOMED }[which];
  const things = await ask("furnish");
  // One fault keeps no other from being found.
  const faults = [];
  for (const scheme of width === ZOOMED ? ["light"] : ["light", "dark"]) {
    const visitor = await Visitor.arrive(browser, { width, scheme, entered: false });
    await visitor.logIn(things.administrator);
    const note = (place) => (what) => what.catch(({ message }) => faults.push(`${place} at ${width} px, ${scheme}: ${message}`));
    for (const line of PAGES) {
      await visitor.open(pathOf(line, things));
      await check(visitor, line, note(line.path));
    }
    if (width === WIDE && scheme === "light") await note("links")(follow(visitor, things));
    await visitor.leave();
  }
  assert(faults.length === 0, `\n${faults.join("\n")}`);
}

async function check({ page, look: { width, scheme } }, line, note) {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${nameOf(line)}-${width}-${scheme}.png`), fullPage: true });
  await note(isAccessible(page));
  // All but colours is the same in the dark.
  if (scheme === "dark") return;
  await note(shows(page, line));
  await note(turnsNothing(page));
  await note(fits(page));
  if (width === NARROW) await note(canBeHit(page));
  await note(canBeTabbed(page));
  if (width === WIDE) await note(isPrinted(page, line.sheets));
  // What is folded is looked at too.
  const folded = await page.locator("details:not([open]) > summary").count();
  if (folded === 0) return;
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
  await note(isAccessible(page));
  await note(fits(page));
  await note(canBeTabbed(page));
}

async function shows(page, { heading, has }) {
  assert.equal(await page.locator("h1").count(), 1, "one heading of the first rank");
  const found = await page.locator("h1").innerText();
  assert(found.startsWith(heading), `its heading is "${found}"`);
  const text = await page.locator("main").innerText();
  for (const wanted of has) assert(text.includes(wanted), `"${wanted}" is not shown`);
  assert.equal(await page.locator("script").count(), 1, "no script but our own");
}

/// Follows every link there is, and finds only pages of the list.
async function follow(visitor, things) {
  // What another month or so shows, no link may lead to.
  const asking = PAGES.filter(({ path }) => path.includes("?"));
  const [open, seen] = [["/", ...asking.map((line) => pathOf(line, things))], new Set()];
  while (open.length > 0) {
    const path = open.pop();
    // A page that can be turned over, month by month or so, is turned once.
    const { pathname, searchParams } = new URL(path, visitor.origin);
    const asked = [pathname, ...[...searchParams.keys()].sort()].join(" ");
    if (seen.has(asked)) continue;
    seen.add(asked);
    if (await isDownload(visitor, path)) continue;
    assert(lineOf(pathname), `${pathname} does not stand in pages.mjs`);
    await visitor.open(path);
    const links = await visitor.page.locator("a[href]").evaluateAll((all) => all.map((one) => one.href));
    // A mail is none of our pages.
    for (const link of links.map((text) => new URL(text)).filter(({ protocol }) => protocol !== "mailto:")) {
      assert.equal(link.origin, visitor.origin, `a link on ${path}`);
      open.push(link.pathname + link.search);
    }
  }
  const reached = new Set([...seen].map((asked) => asked.split(" ")[0]));
  const unreached = PAGES.map((line) => pathOf(line, things)).filter((path) => !reached.has(path.split("?")[0]));
  assert(unreached.length === 0, `no link leads to ${unreached.join(", ")}`);
}

/// Whether a link leads to a file, which then has to be given as one that no browser shows.
async function isDownload(visitor, path) {
  const answer = await visitor.context.request.get(visitor.origin + path);
  assert.equal(answer.status(), 200, path);
  const { "content-type": type, "content-disposition": disposition = "" } = answer.headers();
  if (type.startsWith("text/html")) return false;
  assert.match(disposition, /^attachment; filename/, path);
  return true;
}
