// Every page of the list, in every look: it is there, shows what it has to, keeps nobody out, fits,
// is printed whole, and can be used without a mouse. No link leads to a page that is not listed.

import assert from "node:assert/strict";

import { canBeHit, canBeTabbed, fits, isAccessible, turnsNothing } from "../checks.mjs";
import { NARROW, Visitor, WIDE } from "../driver.mjs";
import { PAGES, lineOf, pathOf } from "../pages.mjs";
import { isPrinted } from "../paper.mjs";
import { ask } from "../world.mjs";

export default async function play(browser) {
  const things = await ask("furnish");
  for (const width of [WIDE, NARROW]) {
    for (const scheme of ["light", "dark"]) {
      const visitor = await Visitor.arrive(browser, { width, scheme });
      for (const line of PAGES) {
        try {
          await check(visitor, line, things);
        } catch (error) {
          error.message = `${line.path} at ${width} px, ${scheme}: ${error.message}`;
          throw error;
        }
      }
      if (width === WIDE && scheme === "light") await follow(visitor);
      await visitor.leave();
    }
  }
}

async function check(visitor, line, things) {
  const { page, look } = visitor;
  await visitor.open(pathOf(line, things));
  const heading = await page.locator("h1").innerText();
  assert(heading.startsWith(line.heading), `its heading is "${heading}"`);
  assert.equal(await page.locator("h1").count(), 1, "one heading of the first rank");
  for (const text of line.has) assert((await page.locator("main").innerText()).includes(text), `"${text}" is shown`);
  assert.equal(await page.locator("script").count(), 1, "no script but our own");
  await turnsNothing(page);
  await isAccessible(page);
  await fits(page);
  if (look.width === NARROW) await canBeHit(page);
  await canBeTabbed(page);
  if (look.width === WIDE && look.scheme === "light") await isPrinted(page, line.sheets);
  // All that was opened is looked at too.
  const closed = page.locator("details:not([open]) > summary");
  if ((await closed.count()) > 0) {
    for (const summary of await page.locator("details > summary").all()) {
      if (!(await summary.evaluate((one) => one.parentElement.open))) await summary.click();
    }
    await isAccessible(page);
    await fits(page);
    await canBeTabbed(page);
  }
}

/// Follows every link there is, and finds only pages of the list.
async function follow(visitor) {
  const [open, seen] = [["/"], new Set()];
  while (open.length > 0) {
    const path = open.pop();
    if (seen.has(path)) continue;
    seen.add(path);
    const { pathname } = new URL(path, visitor.origin);
    assert(lineOf(pathname), `${pathname} does not stand in pages.mjs`);
    await visitor.open(path);
    const links = await visitor.page.locator("a[href]").evaluateAll((all) => all.map((one) => one.href));
    for (const link of links.map((text) => new URL(text))) {
      assert.equal(link.origin, visitor.origin, `a link on ${path}`);
      open.push(link.pathname + link.search);
    }
  }
  const unreached = PAGES.filter((line) => ![...seen].some((path) => lineOf(new URL(path, visitor.origin).pathname) === line));
  assert.deepEqual(unreached.map(({ path }) => path), [], "no link leads to");
}
