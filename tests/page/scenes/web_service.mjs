// 公式の WEBサービス: what is to be uploaded is saved, held against its check sheet and noted as done;
// what was downloaded turns up among what was received, and is let in where a person has to say so.

import assert from "node:assert/strict";
import { join } from "node:path";

import { canBeHit, canBeTabbed, fits, isAccessible } from "../checks.mjs";
import { NARROW, Visitor, WIDE } from "../driver.mjs";
import { ask, until } from "../world.mjs";

const PICTURES = process.env.RENKEI_PICTURES;

export default async function play(browser, which) {
  const width = { wide: WIDE, narrow: NARROW }[which];
  const { partner } = await ask("web partner");
  const visitor = await Visitor.arrive(browser, { width });
  await uploads(visitor);
  await isRegistered(visitor, partner);
  await downloads(visitor);
  await decides(visitor);
  await visitor.leave();
}

async function looked({ page, look: { width } }, name) {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `web-service-${name}-${width}.png`), fullPage: true });
  await isAccessible(page);
  await fits(page);
  await canBeTabbed(page);
  if (width === NARROW) await canBeHit(page);
}

async function uploads(visitor) {
  const { page } = visitor;
  await visitor.open("/outbox");
  await looked(visitor, "nothing-waits");
  const serial = await ask("something to upload");
  await visitor.open("/");
  await visitor.open("/outbox");
  await visitor.sees(serial);
  await looked(visitor, "waits");
  const saved = page.waitForEvent("download");
  await page.getByRole("link", { name: "ZIP を保存" }).click();
  assert.match((await saved).suggestedFilename(), /^\d{14}_\d{10}_1\.zip$/);
  await page.getByRole("link", { name: "チェックシート" }).click();
  await visitor.sees(serial);
  await looked(visitor, "sheet");
  const paper = page.locator(".paper");
  const hidden = await paper.evaluate((it) => it.scrollWidth - it.clientWidth);
  if (visitor.look.width === NARROW) assert.ok(hidden <= 0, `the sheet has to be moved sideways by ${hidden} px`);
  // It is a task of the day, and nothing that was sent.
  await visitor.open("/");
  await visitor.sees("WEBサービスへのアップロードを待っているものがあります（1 件）");
  await looked(visitor, "today-waits");
  await visitor.open("/outbox");
  await isDone(visitor);
  await visitor.sees("待っているものはありません");
  await looked(visitor, "done");
  // It was a mistake.
  await until("listed", async () => {
    await visitor.open("/outbox");
    return (await page.getByRole("button", { name: "元に戻す" }).count()) > 0;
  });
  await page.getByRole("button", { name: "元に戻す" }).click();
  await visitor.told(/元に戻しました/);
  await visitor.sees(serial);
  await isDone(visitor);
  await visitor.open("/sent");
  await page.locator("td").getByText("WEBサービスに登録済み").first().waitFor();
  await looked(visitor, "sent");
}

/// Says that what waits was uploaded, and is asked whether it was.
async function isDone(visitor) {
  const { page } = visitor;
  await page.getByRole("link", { name: "登録済みにする" }).click();
  await visitor.sees("WEBサービスに登録しましたか");
  await looked(visitor, "question");
  await page.getByRole("button", { name: "登録済みにする" }).click();
  await visitor.told(/登録済み/);
}

async function isRegistered(visitor, partner) {
  await visitor.open("/partners");
  await looked(visitor, "partners");
  await visitor.page.locator(`a[href="/partners/${partner}"]`).click();
  await visitor.page.waitForURL(`**/partners/${partner}`);
  await visitor.sees("手で届けるもの");
  await looked(visitor, "partner");
}

async function downloads(visitor) {
  const { page } = visitor;
  await ask("download", "good");
  await until("placed", async () => (await ask("rows", "SELECT 1 FROM incoming WHERE state = 'HANDED_OVER'")).length === 1);
  await until("listed", async () => {
    await visitor.open("/received");
    return (await page.getByText("WEBサービスから").count()) > 0;
  });
  await looked(visitor, "received");
  await page.locator("table a").first().click();
  await visitor.sees("相手の署名も受領証もありません");
  assert.equal(await page.getByText("証拠を保存").count(), 0, "there is no proof of it");
  await looked(visitor, "package");
}

async function decides(visitor) {
  const { page } = visitor;
  for (const [kind, button] of [["broken", "取り込む"], ["incomplete", "取り込まない"]]) {
    await ask("download", kind);
    const [id] = await until("held", async () => {
      const open = await ask("open");
      return open.length > 0 && open;
    });
    await visitor.open("/");
    await looked(visitor, `today-${kind}`);
    await visitor.open("/held");
    await visitor.sees("WEBサービスから");
    await looked(visitor, `held-list-${kind}`);
    await page.locator(`a[href="/held/${id}"]`).click();
    await page.waitForURL(`**/held/${id}`);
    await looked(visitor, `held-${kind}`);
    if (button === "取り込まない") await page.locator("#dismiss > summary").click();
    await visitor.button(button).click();
    await visitor.told(button === "取り込む" ? /もう一度/ : /取り込まないことにしました/);
    await until("settled", async () => (await ask("open")).length === 0);
  }
  await ask("download", "foreign");
  await until("told", async () => {
    await visitor.open("/");
    return (await page.getByText("あてではないため").count()) > 0;
  });
  await looked(visitor, "today-foreign");
}
