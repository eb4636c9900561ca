// Somebody without a mouse.

import assert from "node:assert/strict";

import { Visitor } from "../driver.mjs";
import { ask } from "../world.mjs";

export default async function play(browser) {
  const visitor = await Visitor.arrive(browser);
  const { page, origin } = visitor;
  const id = await ask("hold", "broken");
  await visitor.open("/");

  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "本文へ");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "理由と直し方を見る", "past the menu");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${origin}/held/${id}`);

  await to(page, "送らずに対応済みにする…");
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "送らずに対応済みにする");
  await page.keyboard.press("Enter");
  await visitor.told(/対応済みにしました/);
  assert.deepEqual(await ask("open"), []);

  await to(page, "ログアウト");
  await page.keyboard.press("Space");
  await page.waitForURL(`${origin}/welcome`);
  await visitor.leave();
}

const focused = (page) => page.evaluate(() => document.activeElement.textContent.trim());

/// Presses Tab until something has the focus.
async function to(page, what) {
  for (let press = 0; press < 50; press += 1) {
    await page.keyboard.press("Tab");
    if ((await focused(page)) === what) return;
  }
  assert.fail(`"${what}" is not reached`);
}
