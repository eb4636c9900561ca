// What was exchanged is found again, by person and by partner, is shown as forms, printed and kept.

import assert from "node:assert/strict";

import { Visitor } from "../driver.mjs";
import { ask, until } from "../world.mjs";

export default async function play(browser) {
  const things = await ask("furnish");
  const visitor = await Visitor.arrive(browser);
  await byPerson(visitor);
  await byPartner(visitor);
  await onPaper(visitor, things);
  await kept(visitor, things);
  await months(visitor);
  await visitor.leave();
}

const rows = ({ page }) => page.locator("tbody tr");

async function byPerson(visitor) {
  const { page } = visitor;
  await visitor.open("/sent");
  const all = await rows(visitor).count();
  assert(all > 0);
  // People are entered after the package, so a moment later.
  await until("found by the name", async () => {
    await visitor.open("/sent");
    await page.getByLabel(/利用者/).fill("花枝");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/sent?**");
    return (await rows(visitor).count()) === all;
  });
  assert(!decodeURIComponent(page.url()).includes("花枝"), "no name in an address");
  await page.getByLabel(/利用者/).fill("だれでもない");
  await visitor.button("絞り込む").click();
  await visitor.sees("条件に合うものはありません");
  await visitor.link("すべて表示").click();
  await rows(visitor).first().waitFor();
  assert.equal(await rows(visitor).count(), all);
}

async function byPartner(visitor) {
  const { page } = visitor;
  await page.getByLabel("相手").selectOption("2770000037");
  await visitor.button("絞り込む").click();
  await page.waitForURL("**partner=2770000037**");
  assert.equal(await rows(visitor).count(), 2);
  await page.getByLabel("内容").selectOption({ index: 1 });
  await page.getByLabel("状態").selectOption({ index: 1 });
  await visitor.button("絞り込む").click();
  await page.waitForURL("**state=**");
}

async function onPaper(visitor, { plan }) {
  const { page } = visitor;
  await visitor.open(`/package/${plan}`);
  await visitor.link("様式で見る・印刷する").click();
  await page.waitForURL("**/forms");
  await page.evaluate(() => { window.print = () => { document.title = "printed"; }; });
  await visitor.button("印刷する").click();
  assert.equal(await page.title(), "printed");
  await visitor.link("送受信の記録へ").click();
  await page.waitForURL(`**/package/${plan}`);
}

async function kept(visitor, { sent }) {
  const { page } = visitor;
  await visitor.open(`/package/${sent}`);
  for (const name of ["証拠を保存（ZIP）", "保存"]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("main a", { hasText: name }).last().click()]);
    assert.match(download.suggestedFilename(), name === "保存" ? /\.CSV$/ : /\.zip$/);
    assert.equal(await download.failure(), null);
  }
}

async function months(visitor) {
  const { page } = visitor;
  await visitor.open("/month");
  await page.getByLabel("サービス提供年月").fill("2026-06");
  await visitor.button("表示").click();
  await page.locator("tbody").getByText("架空").first().waitFor();
  await visitor.link("次の月 →").click();
  await page.waitForURL(/month=2026-?07/);
  await visitor.open("/versions");
  await page.getByLabel("表示する方").selectOption("1");
  await visitor.button("表示").click();
  await page.locator("tbody").getByText("架空").first().waitFor();
}
