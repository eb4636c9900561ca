// Somebody sends a document beside the care-plan data, and sees what became of it.

import assert from "node:assert/strict";
import { join } from "node:path";

import { Visitor } from "../driver.mjs";
import { ask, until } from "../world.mjs";

const PICTURES = process.env.RENKEI_PICTURES;

const PAPER = Buffer.from("%PDF-1.7\n1 0 obj\n");

export default async function play(browser) {
  const things = await ask("furnish");
  const visitor = await Visitor.arrive(browser);
  await refused(visitor, things);
  await dragged(visitor, things);
  await visitor.leave();
}

async function picture(page, name) {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

const field = ({ page }) => page.getByLabel("ファイルをここに置く、または選ぶ");

async function fill({ page }, things) {
  await page.getByLabel("相手").selectOption(things.partner);
  await page.getByLabel("書類の種類（省略可）").fill("主治医意見書");
  await page.getByLabel("対象の年月（省略可）").fill("2026-05");
}

/// What is no attachment is told where it was chosen.
async function refused(visitor, things) {
  await visitor.open("/sent");
  await visitor.link("添付ファイルを送る").click();
  await visitor.page.waitForURL("**/attach");
  await fill(visitor, things);
  await field(visitor).setInputFiles({ name: "請求.exe.pdf", mimeType: "application/pdf", buffer: PAPER });
  await visitor.button("送る").click();
  await visitor.told(/請求\.exe\.pdf: .*拡張子が二つ/);
}

/// A file that is dragged onto the field is sent, found in the list, and shown with its title.
async function dragged(visitor, things) {
  const { page } = visitor;
  await visitor.open("/attach");
  await fill(visitor, things);
  const files = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "意見書 <b>架空</b>.pdf".replace(/[<>/]/g, "＿"), { type: "application/pdf" }));
    data.items.add(new File([text], "写し.pdf", { type: "application/pdf" }));
    return data;
  }, PAPER.toString());
  await field(visitor).dispatchEvent("dragenter", { dataTransfer: files });
  assert(await field(visitor).evaluate((one) => one.classList.contains("over")), "the field shows that it takes them");
  await field(visitor).dispatchEvent("dragleave", { dataTransfer: files });
  // Only a hand can drop files onto a field; what it leaves there is the same.
  await field(visitor).evaluate((one, data) => { one.files = data.files; }, files);
  await picture(page, "attach-chosen");
  await visitor.button("送る").dblclick();
  await visitor.told(/2 件の添付ファイルを送信待ちにしました/);
  await page.waitForURL("**/sent");
  await page.locator("tbody").getByRole("link", { name: /^添付ファイル/ }).first().click();
  await page.waitForURL("**/package/**");
  await visitor.sees("主治医意見書、2026年5月");
  assert(!decodeURIComponent(page.url()).includes("意見書"), "no title in an address");
  await picture(page, "attach-sent");
  const saving = page.waitForEvent("download");
  await page.getByRole("link", { name: /^保存/ }).first().click();
  const saved = await saving;
  assert(["写し.pdf", "意見書 ＿b＿架空＿＿b＿.pdf"].includes(saved.suggestedFilename()), saved.suggestedFilename());
  await until("sent once each", async () => (await ask("rows", "SELECT count(*) FROM outgoing WHERE sequence > 4503599627370496"))[0] === "2");
}
