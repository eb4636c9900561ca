// What holds on every page, whatever it shows.

import assert from "node:assert/strict";

import { axe } from "./driver.mjs";

/// Fails with what was found, if anything was.
const none = (what, found) => assert(found.length === 0, `${what}: ${found.join("; ")}`);

/// axe-core finds nothing that keeps anybody out or is in the way.
export async function isAccessible(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run({
    // Good practice only: the sections of a page may have the same heading.
    rules: { "landmark-unique": { enabled: false } },
  }));
  const grave = violations.filter(({ impact }) => impact !== "minor");
  const lines = grave.flatMap(({ id, help, nodes }) => nodes.map(({ target, html }) => `${id}: ${help}: ${target} ${html.slice(0, 200)}`));
  none("axe-core", lines);
}

/// Nothing sticks out on the right: nobody has to scroll sideways but in a table's own frame.
export async function fits(page) {
  const out = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isFramed = (one) => {
      for (let above = one; above; above = above.parentElement) {
        if (["auto", "scroll"].includes(getComputedStyle(above).overflowX)) return true;
      }
      return false;
    };
    const wide = [...document.body.querySelectorAll("*")].filter((one) =>
      one.checkVisibility({ visibilityProperty: true }) && !isFramed(one) && one.getBoundingClientRect().right > width + 1);
    const names = wide.map((one) => `${one.localName}.${one.className} "${one.textContent.trim().slice(0, 40)}"`);
    return document.documentElement.scrollWidth > width ? [...names, "the page scrolls sideways"] : names;
  });
  none(`sticks out at ${page.viewportSize().width} px`, out);
}

/// What can be pressed is large enough for a finger, but for links within a sentence.
export async function canBeHit(page) {
  const small = await page.evaluate(() => {
    const all = [...document.querySelectorAll("button, .button, summary, nav a, input:not([type=hidden]), select")];
    const sizes = all.filter((one) => one.checkVisibility({ visibilityProperty: true })).map((one) => [one, one.getBoundingClientRect()]);
    // Within a label the whole label can be pressed.
    const isSmall = ([one, { width, height }]) => (height < 43.5 || width < 43.5) && !one.closest("label");
    return sizes.filter(isSmall).map(([one, { width, height }]) => `${one.localName} "${one.textContent.trim()}" ${width}x${height}`);
  });
  none("too small for a finger", small);
}

/// Characters that turn the order of what follows are shown, or act within their own text only.
export async function turnsNothing(page) {
  const loose = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const { data, parentElement } = walker.currentNode;
      const isolated = getComputedStyle(parentElement).unicodeBidi.startsWith("isolate") && parentElement.childNodes.length === 1;
      if (/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(data) && !isolated) found.push(data);
    }
    return found;
  });
  none("turn what follows", loose);
}

/// The Tab key reaches everything that can be used, in the order in which it is read, each is seen
/// to have the focus, and the way leads out again.
export async function canBeTabbed(page, tries = 3) {
  await page.evaluate(() => {
    const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    const isUsable = (one) => !one.disabled && one.checkVisibility({ visibilityProperty: true });
    // A page that is kept up to date may get other elements meanwhile.
    globalThis.controls = () => {
      // Of several radio buttons of one name the Tab key reaches one.
      const radios = new Set();
      const isFirst = ({ type, name }) => type !== "radio" || (!radios.has(name) && radios.add(name));
      return [...document.querySelectorAll(controls)].filter((one) => isUsable(one) && isFirst(one));
    };
    document.activeElement?.blur();
    getSelection().removeAllRanges();
    scrollTo(0, 0);
  });
  const usable = () => page.evaluate(() => globalThis.controls().map((one, place) => `${place} ${one.localName} ${one.textContent.trim().slice(0, 30)}`));
  const wanted = await usable();
  // Without a mouse that was used before, the way begins at the top.
  await page.locator("body").evaluate((body) => { body.tabIndex = -1; body.focus(); body.removeAttribute("tabindex"); });
  const reached = [];
  // Within a field for a month or a date the key goes from part to part.
  for (let press = 0; press <= 3 * wanted.length; press += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      const { top, bottom, left, right } = one.getBoundingClientRect();
      const place = globalThis.controls().findIndex((other) => other === one || (one.type === "radio" && other.name === one.name));
      return {
        place,
        what: one.outerHTML.slice(0, 120),
        isMarked: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
        isInView: bottom > 0 && right > 0 && top < innerHeight && left < innerWidth,
      };
    });
    // At the end the way leads to the browser itself, or begins anew.
    if (!at || (at.place === 0 && reached.length > 1)) break;
    assert(at.isMarked, `nobody sees that this has the focus: ${at.what}`);
    assert(at.isInView, `out of sight with the focus: ${at.what}`);
    const what = wanted[at.place] ?? at.what;
    if (reached.at(-1) !== what) reached.push(what);
  }
  const strange = reached.filter((one, place) => wanted[place] !== one);
  const missed = wanted.filter((one) => !reached.includes(one));
  // A page that got other elements on the way is walked through once more.
  if (missed.length > 0 && tries > 1 && `${await usable()}` !== `${wanted}`) return canBeTabbed(page, tries - 1);
  none("the Tab key does not reach", missed);
  none("the Tab key reaches, or not in the order of the page", strange);
}
