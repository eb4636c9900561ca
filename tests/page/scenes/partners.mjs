// An administrator registers a partner by its card, tries it, calls it otherwise, and lets it go.

import assert from "node:assert/strict";
import { join } from "node:path";

import { canBeHit, canBeTabbed, fits, isAccessible } from "../checks.mjs";
import { NARROW, Visitor, WIDE } from "../driver.mjs";
import { ask } from "../world.mjs";

const PICTURES = process.env.RENKEI_PICTURES;

const STRANGER = "1370000042";

export default async function play(browser) {
  const card = Buffer.from(await ask("card of a stranger"), "base64");
  for (const width of [WIDE, NARROW]) {
    const visitor = await Visitor.arrive(browser, { width });
    await broken(visitor, card);
    await join_(visitor, card);
    await change(visitor);
    await visitor.leave();
  }
}

async function looked({ page, look: { width } }, name) {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}-${width}.png`), fullPage: true });
  await isAccessible(page);
  await fits(page);
  await canBeTabbed(page);
  if (width === NARROW) await canBeHit(page);
}

const field = ({ page }) => page.getByLabel("相手の事業所カードをここに置く、または選ぶ");

async function choose(visitor, buffer) {
  await visitor.open("/partners");
  await field(visitor).setInputFiles({ name: "a.card", mimeType: "application/octet-stream", buffer });
  await visitor.button("カードを見る").click();
}

/// A card that was changed on its way is told.
async function broken(visitor, card) {
  const flipped = Buffer.from(card);
  flipped[flipped.length >> 1] ^= 1;
  await choose(visitor, flipped);
  await visitor.told(/事業所カード/);
  await looked(visitor, "partners-refused");
}

/// Nothing is registered before somebody says that the digits were compared.
async function join_(visitor, card) {
  const { page } = visitor;
  await choose(visitor, card);
  await page.waitForURL("**/partners/card/**");
  await visitor.sees("あさがお訪問看護ステーション");
  assert.equal(await page.locator(".groups li").count(), 6, "six groups");
  await looked(visitor, "partners-card");
  await visitor.button("登録する").click();
  assert((await page.locator("input[name=compared]:invalid").count()) === 1, "the box has to be checked");
  await page.getByLabel("電話で読み合わせました").check();
  await visitor.button("登録する").click();
  await page.waitForURL(`**/partners/${STRANGER}`);
  await visitor.told(/相手を登録しました/);
}

async function change(visitor) {
  const { page } = visitor;
  await visitor.button("確かめる").click();
  await visitor.sees("ポートへの接続（TCP）");
  await visitor.sees("つながりません");
  await looked(visitor, "partners-tried");
  await page.getByLabel("名前（この画面や記録での呼び名）").fill("あさがお");
  await visitor.button("名前を変える").click();
  await visitor.told(/名前を変更しました/);
  await page.getByText("この相手の登録を削除する…").click();
  await looked(visitor, "partners-remove");
  await visitor.button("登録を削除する").click();
  await page.waitForURL("**/partners");
  await visitor.told(/登録を削除しました/);
  assert.equal(await page.getByText("あさがお").count(), 0);
  await visitor.link("自分のカードを渡す（登録の案内）").click();
  await visitor.sees("登録の手順");
  await page.getByText("メールに貼り付ける文").click();
  await looked(visitor, "partners-invitation");
  const saving = page.waitForEvent("download");
  await visitor.link("事業所カードを保存").click();
  assert.match((await saving).suggestedFilename(), /\.card$/);
}
