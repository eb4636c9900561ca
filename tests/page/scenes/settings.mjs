// An administrator changes settings, and asks an authority for a new certificate.

import { join } from "node:path";

import { canBeHit, canBeTabbed, fits, isAccessible } from "../checks.mjs";
import { NARROW, Visitor, WIDE } from "../driver.mjs";

const PICTURES = process.env.RENKEI_PICTURES;

export default async function play(browser) {
  for (const [width, settle] of [[WIDE, "300ms"], [NARROW, "400ms"]]) {
    const visitor = await Visitor.arrive(browser, { width });
    await wrong(visitor);
    await right(visitor, settle);
    await certificates(visitor);
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

const settle = ({ page }) => page.getByLabel("書き終わりを待つ時間", { exact: true });

/// What is wrong is told beside what was typed.
async function wrong(visitor) {
  await visitor.open("/settings");
  await settle(visitor).fill("すこし");
  await visitor.button("確認する").click();
  await visitor.sees("このままでは使えません");
  await visitor.sees("何も変更していません");
  await looked(visitor, "settings-wrong");
}

async function right(visitor, value) {
  await settle(visitor).fill(value);
  await visitor.button("確認する").click();
  await visitor.sees("問題はありません");
  await looked(visitor, "settings-checked");
  await visitor.button("反映する").dblclick();
  await visitor.told(/設定を反映しました/);
  await visitor.page.waitForFunction((text) => document.getElementById("timing.settle").value === text, value);
  await looked(visitor, "settings-applied");
}

/// The request is made once; then its answer can be put in.
async function certificates(visitor) {
  await visitor.open("/certificates");
  const make = visitor.page.getByRole("button", { name: /^発行要求（CSR）を作る: 通信用/ });
  if (await make.count()) {
    await make.click();
    await visitor.told(/発行要求（CSR）を作りました/);
  }
  const chosen = { name: "a.pem", mimeType: "application/x-pem-file", buffer: Buffer.from("no certificate") };
  await visitor.page.getByLabel("届いた証明書をここに置く、または選ぶ").setInputFiles(chosen);
  await visitor.page.getByRole("button", { name: /^取り込む: 通信用/ }).click();
  await visitor.told(/証明書/);
  await looked(visitor, "certificates-asked");
}
