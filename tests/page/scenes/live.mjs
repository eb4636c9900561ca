// A page that stays open shows by itself what happens meanwhile.

import assert from "node:assert/strict";

import { Visitor } from "../driver.mjs";
import { ask } from "../world.mjs";

export default async function play(browser) {
  await manyTabs(browser);
  const visitor = await Visitor.arrive(browser);
  const { page } = visitor;
  await visitor.sees("いま対応が必要なことはありません");
  await page.evaluate(() => { globalThis.before = true; });
  const list = await visitor.open("/held", await visitor.tab());
  await visitor.sees("保留中のものはありません", list);

  const id = await ask("hold", "broken");
  await visitor.sees("対応が必要なこと");
  await visitor.sees("送っていません", list);
  assert(await page.evaluate(() => globalThis.before), "without being loaded again");

  // Whoever is at a button stays there when the page is shown anew.
  await visitor.link("理由と直し方を見る").focus();
  await ask("hold", "fixable");
  await page.getByRole("link", { name: "理由と直し方を見る" }).nth(1).waitFor();
  assert.match(await page.evaluate(() => document.activeElement.href ?? ""), new RegExp(`/held/${id}$`), "the focus");

  await ask("dismiss all");
  await visitor.sees("いま対応が必要なことはありません");
  await visitor.sees("保留中のものはありません", list);
  assert(await page.evaluate(() => globalThis.before), "without being loaded again");
  await visitor.leave();
}

/// Chromium without a screen takes every tab for one that is seen, so a tab is told that it is not.
const cover = (tab, state) => tab.evaluate((value) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, value });
  document.dispatchEvent(new Event("visibilitychange"));
}, state);

/// A browser has six connections for all tabs of a page.
async function manyTabs(browser) {
  const visitor = await Visitor.arrive(browser);
  const tabs = [];
  for (let number = 0; number < 8; number += 1) {
    const tab = await visitor.open("/held", await visitor.tab());
    await visitor.sees("保留中のものはありません", tab);
    await cover(tab, "hidden");
    tabs.push(tab);
  }
  await ask("hold", "broken");
  await visitor.sees("送っていません");
  for (const tab of tabs.slice(0, 2)) {
    await cover(tab, "visible");
    await visitor.sees("送っていません", tab);
  }
  await ask("dismiss all");
  await visitor.sees("保留中のものはありません", tabs[0]);
  await visitor.leave();
}
