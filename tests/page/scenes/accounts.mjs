// Users are added, changed and removed, change their own things, and leave a record.

import assert from "node:assert/strict";

import { Visitor } from "../driver.mjs";
import { ask } from "../world.mjs";

const PASSWORD = "a long sentence of mine";
const OTHER = "another sentence of mine";

export default async function play(browser) {
  const owner = await Visitor.arrive(browser);
  await add(owner, "hanako");
  const hanako = await Visitor.arrive(browser, { entered: false });
  await wrong(hanako);
  await hanako.logIn({ name: "hanako", password: PASSWORD });
  assert.equal(await hanako.link("ユーザー").count(), 0, "for administrators");

  await ownPassword(hanako);
  await ownSessions(browser, hanako);
  await role(owner, hanako);
  await record(owner);
  await remove(owner, hanako);
  await owner.leave();
  await hanako.leave();
}

async function add(owner, name) {
  const { page } = owner;
  await owner.open("/users");
  await page.getByLabel("名前", { exact: true }).fill(name);
  await page.getByLabel("パスワード", { exact: true }).fill(PASSWORD);
  await page.getByLabel("パスワード（確認）", { exact: true }).fill(PASSWORD);
  await owner.button("登録する").dblclick();
  await page.locator("h3", { hasText: name }).waitFor();
  assert.equal(await page.locator("h3", { hasText: name }).count(), 1, "once");
}

async function wrong(visitor) {
  const { page } = visitor;
  visitor.expect(/status of 403/);
  visitor.origin = await ask("origin");
  await page.goto(visitor.origin);
  await page.getByLabel("名前", { exact: true }).fill("hanako");
  await page.getByLabel("パスワード", { exact: true }).fill("not the password");
  await page.keyboard.press("Enter");
  await visitor.sees("ログインできませんでした");
}

async function ownPassword(visitor) {
  const { page } = visitor;
  await visitor.link("hanako").click();
  await page.getByLabel("いまのパスワード", { exact: true }).fill(PASSWORD);
  await page.getByLabel("新しいパスワード", { exact: true }).fill(OTHER);
  await page.getByLabel("新しいパスワード（確認）", { exact: true }).fill(OTHER);
  await visitor.button("パスワードを変更する").click();
  await visitor.told(/変更しました/);
}

async function ownSessions(browser, visitor) {
  const elsewhere = await Visitor.arrive(browser, { entered: false });
  await elsewhere.logIn({ name: "hanako", password: OTHER });
  await visitor.open("/account");
  await visitor.button("この画面以外をすべて終了する").click();
  await visitor.told(/終了しました/);
  // It shows nothing any more, without anybody touching it.
  await elsewhere.page.waitForURL("**/welcome");
  await elsewhere.leave();
}

async function role(owner, hanako) {
  const button = (text) => owner.page.locator("button", { hasText: text });
  await owner.open("/users");
  await button("管理者にする").click();
  await button("一般にする").waitFor();
  await hanako.open("/users");
  await button("一般にする").click();
  await button("管理者にする").waitFor();
  await hanako.open("/");
  assert.equal(await hanako.link("ユーザー").count(), 0, "no administrator any more");
}

async function record(owner) {
  const { page } = owner;
  await owner.open("/audit");
  await page.getByLabel("名前", { exact: true }).fill("hanako");
  await owner.button("絞り込む").click();
  await page.locator("tbody tr").first().waitFor();
  const names = await page.locator("tbody tr td:nth-child(2) bdi").allInnerTexts();
  assert(names.length > 0 && names.every((name) => name === "hanako"), String(names));
  const [download] = await Promise.all([page.waitForEvent("download"), owner.button("CSV に書き出す").click()]);
  assert.match(download.suggestedFilename(), /\.csv$/i);
}

async function remove(owner, hanako) {
  await hanako.open("/");
  await owner.open("/users");
  await owner.page.locator("summary", { hasText: "削除する…" }).click();
  await owner.sees("ログインできなくなり");
  await owner.page.locator("button", { hasText: "削除する" }).click();
  await owner.sees("まだだれも登録されていません");
  await hanako.page.reload();
  await hanako.page.waitForURL("**/welcome");
}
