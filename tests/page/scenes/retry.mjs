// What does not get to a partner who is off is told, and gets there when one says so.

import { Visitor } from "../driver.mjs";
import { ask, until } from "../world.mjs";

export default async function play(browser) {
  const visitor = await Visitor.arrive(browser);
  await ask("send to nobody");
  await visitor.sees("相手につながりません");
  await visitor.button("すぐに送り直す").click();
  await visitor.told(/すぐに送り直します/);
  await visitor.open("/partners");
  await visitor.sees("届いていません");
  await ask("start");
  await visitor.button("すぐに送り直す").dblclick();
  await visitor.page.waitForURL(`${visitor.origin}/`);
  await until("sent", () => ask("is sent", 1));
  await visitor.open("/");
  await visitor.sees("いま対応が必要なことはありません");
  await visitor.open("/partners");
  await visitor.sees("届いています");
  await visitor.leave();
}
