// Without any script every button does what it says, and asks before what cannot be undone.

import assert from "node:assert/strict";

import { Visitor } from "../driver.mjs";
import { PAGES, pathOf } from "../pages.mjs";
import { ask, until } from "../world.mjs";

export default async function play(browser) {
  const things = await ask("furnish");
  const visitor = await Visitor.arrive(browser, { script: false, entered: false });
  const { page } = visitor;
  await visitor.logIn(things.administrator);
  for (const line of PAGES) {
    await visitor.open(pathOf(line, things));
    const text = await page.locator("main").innerText();
    for (const wanted of line.has) assert(text.includes(wanted), `"${wanted}" is shown on ${line.path}`);
  }

  await visitor.open("/");
  await visitor.button("すぐに送り直す").click();
  await visitor.told(/すぐに送り直します/);

  await visitor.open(`/held/${things.fixable}`);
  await visitor.button("直して、もう一度検査して送る").dblclick();
  await visitor.told(/もう一度検査します/);
  await until("settled", async () => !(await ask("open")).includes(things.fixable));

  await visitor.open(`/held/${things.broken}`);
  await page.getByText("送らずに対応済みにする…").click();
  await visitor.button("送らずに対応済みにする").click();
  await visitor.told(/対応済みにしました/);

  await visitor.open(`/held/${things.conflict}`);
  await page.getByText("受け取らない…").click();
  await visitor.sees("取り消せません");
  await visitor.button("受け取らない").click();
  await visitor.told(/受け取らないことにしました/);
  assert.deepEqual(await ask("open"), [things.turned]);

  await visitor.button("ログアウト").click();
  await page.waitForURL("**/welcome");
  await visitor.enter();
  await visitor.leave();
}
