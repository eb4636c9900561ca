// From nothing to an office that has exchanged with itself, without a mouse.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { canBeHit, fits, isAccessible } from "../checks.mjs";
import { NARROW, Visitor, WIDE } from "../driver.mjs";
import { ask } from "../world.mjs";

const pictures = fileURLToPath(new URL("../../../target/page/", import.meta.url));

export default async function play(browser, look) {
  const width = look === "narrow" ? NARROW : WIDE;
  const { office, port, name, password } = await ask("person");
  const link = await ask("link");
  const visitor = await Visitor.arrive(browser, { width, entered: false });
  const { origin } = new URL(link);
  visitor.origin = origin;
  const { page } = visitor;
  mkdirSync(pictures, { recursive: true });

  /// What holds on every step; a picture is left for people.
  const looked = async (step) => {
    await isAccessible(page);
    await fits(page);
    await canBeHit(page);
    await page.screenshot({ path: `${pictures}first-start-${look}-${step}.png`, fullPage: true });
  };

  await page.goto(link);
  await page.waitForURL(`${origin}/office`);
  await looked("1-office");
  await to(page, "number");
  await page.keyboard.type("12345");
  await page.keyboard.press("Enter");
  await visitor.sees("10 桁で入力してください");
  assert.equal(await page.getByLabel("事業所番号（10 桁）").inputValue(), "12345", "nothing is typed twice");
  await looked("1-office-wrong");
  await to(page, "number");
  await page.keyboard.press("Control+A");
  await page.keyboard.type(office);
  await page.keyboard.press("Tab");
  await page.keyboard.type("さくら居宅介護支援事業所");
  await to(page, "type");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");

  await page.waitForURL(`${origin}/folders`);
  await looked("2-folders");
  await page.getByRole("link", { name: /別のフォルダーを選ぶ: .*取り込む/ }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${origin}/folders/import`);
  await looked("2-folder");
  await to(page, "new");
  await page.keyboard.type("取込フォルダー");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${origin}/folders`);
  await visitor.sees(/取込フォルダー$/);
  await press(page, "次へ");

  await page.waitForURL(`${origin}/reach`);
  await page.getByLabel(/ない、またはまだ決まっていない/).focus();
  await page.keyboard.press("Space");
  await to(page, "port");
  await page.keyboard.type(port);
  await looked("3-reach");
  // Back and forth, and nothing is lost.
  await press(page, "前へ");
  await page.waitForURL(`${origin}/folders`);
  await press(page, "次へ");
  await page.waitForURL(`${origin}/reach`);
  assert.equal(await page.getByLabel("このパソコンで待ち受けるポート").inputValue(), port);
  await press(page, "次へ");

  await page.waitForURL(`${origin}/keys`);
  await page.getByLabel(/ここで作る/).focus();
  await page.keyboard.press("Space");
  await looked("4-keys");
  await press(page, "次へ");

  await page.waitForURL(`${origin}/administrator`);
  await to(page, "name");
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await looked("5-administrator");
  await page.keyboard.press("Enter");

  await page.waitForURL(`${origin}/check`);
  await visitor.sees("このまま使い始められます");
  await looked("6-check");
  assert.equal(await ask("config"), "", "nothing is written yet");
  await press(page, "書き込む");
  await page.waitForURL(`${origin}/done`);
  await page.getByText("最初の試し送受信ができました").first().waitFor({ timeout: 150_000 });
  await looked("7-done");
  assert.match(await ask("config"), new RegExp(office));

  // Over to the page of the node, where the administrator is in already.
  visitor.origin = undefined;
  await press(page, "相手を登録する", "link");
  await page.waitForURL((url) => url.origin !== origin && url.pathname === "/partners");
  await visitor.sees(name);
  await page.screenshot({ path: `${pictures}first-start-${look}-8-partners.png`, fullPage: true });
  await visitor.leave();
}

/// Goes with Tab until the field of this name has the focus.
async function to(page, field) {
  for (let press = 0; press < 80; press += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement.getAttribute("name"))) === field) return;
  }
  assert.fail(`"${field}" is not reached`);
}

async function press(page, name, role = "button") {
  await page.getByRole(role, { name, exact: true }).focus();
  await page.keyboard.press("Enter");
}
