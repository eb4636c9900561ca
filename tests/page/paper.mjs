// What a page looks like on paper.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/// How wide a page is laid out on A4 within its margins, in pixels of CSS.
const SHEET = 703;

/// What is printed of a text, without what fonts, lines and spaces make of it.
const letters = (text) => [...text.normalize("NFKC").replace(/[\p{C}\p{Z}\s]/gu, "")];

function count(list) {
  const counts = new Map();
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

function pdftotext(pdf, ...options) {
  const { status, stdout, stderr, error } = spawnSync("pdftotext", [...options, "-enc", "UTF-8", "-", "-"], { input: pdf, maxBuffer: 64 << 20 });
  assert.equal(status, 0, `pdftotext: ${error ?? stderr}`);
  return stdout.toString("utf8");
}

/// Prints the page: every letter that it shows is on one of at most `sheets` sheets, and none
/// reaches beyond the edge.
export async function isPrinted(page, sheets) {
  const screen = page.viewportSize();
  await page.setViewportSize({ width: SHEET, height: screen.height });
  await page.emulateMedia({ media: "print" });
  const { text, cut } = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let text = "";
    while (walker.nextNode()) {
      const { data, parentElement } = walker.currentNode;
      if (parentElement.checkVisibility({ visibilityProperty: true }) && parentElement.getClientRects().length > 0) text += data;
    }
    const cuts = (one) => getComputedStyle(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
    const cut = [...document.body.querySelectorAll("*")].filter((one) => one.clientWidth > 0 && cuts(one));
    return { text, cut: cut.map((one) => `${one.localName}.${one.className}`) };
  });
  await page.emulateMedia({ media: null });
  await page.setViewportSize(screen);
  assert(cut.length === 0, `cut off on paper: ${cut.join("; ")}`);

  const pdf = await page.pdf({ preferCSSPageSize: true, format: "A4" });
  const boxes = pdftotext(pdf, "-bbox");
  const pages = [...boxes.matchAll(/<page width="([\d.]+)" height="([\d.]+)">(.*?)<\/page>/gs)];
  assert(pages.length >= 1 && pages.length <= sheets, `${pages.length} sheets instead of ${sheets} at the most`);
  for (const [, width, height, words] of pages) {
    for (const [word, xMin, yMin, xMax, yMax] of words.matchAll(/<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">.*?<\/word>/g)) {
      assert(xMin >= -1 && yMin >= -1 && xMax <= +width + 1 && yMax <= +height + 1, `beyond the edge of ${width}x${height}: ${word}`);
    }
  }
  const printed = count(letters(pdftotext(pdf, "-raw")));
  const missing = [...count(letters(text))].filter(([letter, times]) => (printed.get(letter) ?? 0) < times);
  assert(missing.length === 0, `not on paper: ${missing.map(([letter]) => letter).join("")}`);
}
