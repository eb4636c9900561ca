// Who gets in, and who does not.

import assert from "node:assert/strict";
import { createServer, request } from "node:http";

import { isAccessible } from "../checks.mjs";
import { Visitor } from "../driver.mjs";
import { ask } from "../world.mjs";

export default async function play(browser) {
  await onceOnly(browser);
  await leaves(browser);
  await otherPages(browser);
  await otherNames();
}

async function onceOnly(browser) {
  const link = await ask("link");
  const { origin } = new URL(link);
  const visitor = await Visitor.arrive(browser, { entered: false });
  visitor.origin = origin;
  visitor.expect(/status of 40[34]/);
  const { page } = visitor;
  for (const path of ["/", "/held", "/held/h1", "/partners", "/diagnosis"]) {
    await page.goto(origin + path);
    assert.equal(page.url(), `${origin}/welcome`, path);
  }
  await visitor.sees("renkei open");
  await isAccessible(page);
  await page.goto(link);
  await page.waitForURL(`${origin}/`);
  const [cookie, ...others] = await visitor.context.cookies();
  assert.deepEqual(others, []);
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.expires], [true, "Strict", -1]);

  const other = await Visitor.arrive(browser, { entered: false });
  other.origin = origin;
  other.expect(/status of 403/);
  const answer = await other.page.goto(link);
  assert.equal(answer.status(), 403, "the second time");
  await other.sees("一度だけ");
  await isAccessible(other.page);
  await other.leave();

  const missing = await page.goto(`${origin}/held/h999`);
  assert.equal(missing.status(), 404);
  await visitor.sees("見つかりませんでした");
  await isAccessible(page);
  await visitor.link("最初の画面へ").click();
  await page.waitForURL(`${origin}/`);
  await visitor.leave();
}

async function leaves(browser) {
  const visitor = await Visitor.arrive(browser);
  const { page, origin, context } = visitor;
  // Other tabs learn that they are outside.
  visitor.expect(/status of 401/);
  await visitor.open("/held");
  const other = await visitor.open("/certificates", await visitor.tab());
  const live = await visitor.open("/partners", await visitor.tab());
  const cookies = await context.cookies();
  await page.bringToFront();
  await visitor.button("ログアウト").click();
  await page.waitForURL(`${origin}/welcome`);
  assert.deepEqual(await context.cookies(), []);
  await page.goBack();
  await page.waitForURL(`${origin}/welcome`);
  // What other tabs show goes, where it is kept up to date, and can do nothing anyway.
  await live.waitForURL(`${origin}/welcome`);
  await visitor.button("ログアウト", other).click();
  await other.waitForURL(`${origin}/welcome`);
  await context.addCookies(cookies);
  await page.goto(`${origin}/held`);
  assert.equal(page.url(), `${origin}/welcome`, "the session is over");
  await visitor.leave();
}

/// Another page of this computer can neither press our buttons nor show us in a frame.
async function otherPages(browser) {
  const visitor = await Visitor.arrive(browser);
  const { page, origin } = visitor;
  const before = await ask("rows", "SELECT count(*) FROM journal");
  const csrf = await page.locator("input[name=csrf]").first().inputValue();
  const evil = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html; charset=utf-8");
    answer.end(`<title>evil</title><form method="post" action="${origin}/leave">
      <input name="csrf" value="${csrf}"><input name="form" value="x"><button>press</button></form>
      <iframe src="${origin}/"></iframe>`);
  });
  await new Promise((resolve) => evil.listen(0, "127.0.0.1", resolve));
  const there = `http://127.0.0.1:${evil.address().port}`;
  visitor.expect(/a request to http:/, /status of (403|404)/, /frame/i, /ERR_BLOCKED_BY_RESPONSE/);
  await page.goto(there);
  const frame = page.frames().find((one) => one !== page.mainFrame());
  assert(!(await frame.content().catch(() => "")).includes("ログアウト"), "shown in a frame");
  await visitor.button("press").click();
  await visitor.sees("ほかのページからの操作は受け付けません");
  await isAccessible(page);
  evil.closeAllConnections();
  evil.close();
  await visitor.open("/");
  assert.equal(page.url(), `${origin}/`, "still in");
  assert.deepEqual(await ask("rows", "SELECT count(*) FROM journal"), before);
  await visitor.leave();
}

/// A name that somebody else gave this computer leads nowhere.
async function otherNames() {
  const { hostname, port, pathname } = new URL(await ask("link"));
  const status = (host) => new Promise((resolve, reject) => {
    request({ hostname, port, path: pathname, headers: { Host: host } }, (answer) => resolve(answer.statusCode)).on("error", reject).end();
  });
  assert.equal(await status(`renkei.example:${port}`), 421);
  assert.equal(await status(`127.0.0.1:${port}`), 200);
}
