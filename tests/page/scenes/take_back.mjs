// What was sent is taken back with the button on its page, whatever is pressed how often.

import assert from "node:assert/strict";

import { Visitor } from "../driver.mjs";
import { ask, until } from "../world.mjs";

const ID = "SELECT lower(hex(message_id)) FROM outgoing";
const STATE = "SELECT state FROM outgoing";

export default async function play(browser) {
  const visitor = await Visitor.arrive(browser);
  const { page } = visitor;
  await ask("send to nobody");
  const [digits] = await ask("rows", ID);
  const path = `/package/${digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")}`;
  await visitor.open(path);
  // Nobody presses it who did not want to see it.
  assert.equal(await visitor.button("取り戻す").isVisible(), false);
  await page.locator("summary", { hasText: "取り戻す" }).click();
  await visitor.sees("この送信を取り戻しますか");
  await visitor.button("取り戻す").dblclick();
  await page.waitForURL(`**${path}`);
  await visitor.told(/取り戻しを依頼しました/);
  assert.deepEqual(await ask("rows", STATE), ["RECALL_ASKED"]);
  assert.equal(await visitor.button("取り戻す").count(), 0);
  await ask("start");
  await until("taken back", async () => (await ask("rows", STATE))[0] === "RECALLED");
  await visitor.open(path);
  await visitor.sees("取り戻し");
  assert.equal(await visitor.button("取り戻す").count(), 0);
  const asked = "SELECT count(*) FROM journal WHERE detail LIKE 'recall-asked%'";
  assert.deepEqual(await ask("rows", asked), ["1"]);
  await visitor.leave();
}
