// A page that stays open shows by itself what happens meanwhile.

import assert from "node:assert/strict";

import { Visitor } from "../driver.mjs";
import { ask } from "../world.mjs";

export default async function play(browser) {
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
