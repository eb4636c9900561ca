// What is held is settled with each of the buttons, once, whatever is pressed how often and where.

import assert from "node:assert/strict";

import { Visitor } from "../driver.mjs";
import { ask, until } from "../world.mjs";

const ORDERS = "SELECT count(*) FROM journal WHERE state = 'COMMITTED' AND detail LIKE 'released%'";

export default async function play(browser) {
  const visitor = await Visitor.arrive(browser);
  await mended(visitor);
  await corrected(visitor);
  await dismissed(visitor);
  await placed(visitor);
  await inTwoTabs(visitor);
  await visitor.leave();
}

/// Opens what is held from the list, as one does.
async function see(visitor, id) {
  await visitor.open("/held");
  await visitor.page.locator(`a[href="/held/${id}"]`).click();
  await visitor.page.waitForURL(`**/held/${id}`);
}

const isSent = (count) => until("sent", () => ask("is sent", count));

async function mended(visitor) {
  const { page } = visitor;
  const id = await ask("hold", "broken");
  await see(visitor, id);
  await visitor.sees("直し方");
  await visitor.button("もう一度検査して送る").click();
  await visitor.told(/もう一度検査します/);
  // It is as broken as before.
  const again = await until("held again", async () => (await ask("open")).find((one) => one !== id));
  await ask("mend", again);
  await see(visitor, again);
  await visitor.sees("誤りはありません");
  await visitor.button("もう一度検査して送る").dblclick();
  await visitor.told(/もう一度検査します/);
  await isSent(1);
  visitor.expect(/status of 404/);
  await page.goBack();
  await page.waitForLoadState();
  // What is settled is not shown as if it were not.
  await visitor.sees("見つかりませんでした");
  await visitor.open("/held");
  await visitor.sees("保留中のものはありません");
}

async function corrected(visitor) {
  const id = await ask("hold", "fixable");
  await see(visitor, id);
  await visitor.sees("変更する内容");
  await visitor.button("直して、もう一度検査して送る").click();
  await visitor.told(/もう一度検査します/);
  await isSent(2);
  assert.deepEqual(await ask("open"), []);
}

async function dismissed(visitor) {
  const { page } = visitor;
  const id = await ask("hold", "broken");
  await see(visitor, id);
  const button = visitor.button("送らずに対応済みにする");
  assert(!(await button.isVisible()), "not without being asked");
  await page.getByText("送らずに対応済みにする…").click();
  await visitor.sees("このファイルは送られません");
  await button.click();
  await visitor.told(/対応済みにしました。送信はしません。/);
  assert.deepEqual(await ask("open"), []);
}

/// What was received and could not be imported is placed, after the other file is gone.
async function placed(visitor) {
  const id = await ask("hold", "conflict");
  await see(visitor, id);
  await visitor.button("もう一度配置する").click();
  await visitor.told(/もう一度、取込フォルダーに配置します/);
  await ask("clear away");
  await until("held again", async () => (await ask("open")).includes(id));
  const before = await ask("rows", ORDERS);
  await see(visitor, id);
  await visitor.button("もう一度配置する").dblclick();
  await visitor.told(/もう一度、取込フォルダーに配置します/);
  await until("imported", async () => (await ask("open")).length === 0);
  assert.deepEqual(await ask("rows", ORDERS), [String(Number(before[0]) + 1)], "once");
}

/// What was settled in one tab is told in the other.
async function inTwoTabs(visitor) {
  const { page } = visitor;
  const id = await ask("hold", "broken");
  await see(visitor, id);
  const other = await visitor.open(`/held/${id}`, await visitor.tab());
  await page.getByText("送らずに対応済みにする…").click();
  await visitor.button("送らずに対応済みにする").click();
  await visitor.told(/対応済みにしました/);
  await visitor.button("もう一度検査して送る", other).click();
  await visitor.told(/保留中のものはありません/, other);
  assert.match(await other.locator(".told").getAttribute("class"), /bad/);
  assert.deepEqual(await ask("open"), []);
}
