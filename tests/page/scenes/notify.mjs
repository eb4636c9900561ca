// Somebody who wants to be told is told, once, by one tab, and of nobody by name.

import assert from "node:assert/strict";

import { Visitor } from "../driver.mjs";
import { ask, until } from "../world.mjs";

/// Chromium without a screen has no notifications to look at: they are written down in their place.
const writtenDown = () => {
  const shown = [];
  globalThis.Notification = class extends EventTarget {
    static get permission() { return localStorage.getItem("test-permission") ?? "default"; }
    static async requestPermission() {
      localStorage.setItem("test-permission", "granted");
      return "granted";
    }
    constructor(title, options) {
      super();
      shown.push({ title, ...options });
    }
  };
  globalThis.shownNotifications = shown;
};

export default async function play(browser) {
  await refusedOnce(browser);
  const visitor = await Visitor.arrive(browser, { entered: false });
  await visitor.context.addInitScript(writtenDown);
  await visitor.enter();
  const { page } = visitor;
  await ask("hold", "broken");
  const other = await visitor.open("/sent", await visitor.tab());
  const shown = async () => (await Promise.all([page, other].map((tab) => tab.evaluate(() => globalThis.shownNotifications)))).flat();

  // Nobody is asked without having pressed.
  await visitor.open("/account");
  assert.equal(await page.evaluate(() => Notification.permission), "default");
  await visitor.button("このブラウザーで通知する").click();
  await visitor.sees("通知しています");
  await page.waitForFunction(() => localStorage.getItem("renkei-notified") !== null);
  await other.reload();
  assert.deepEqual(await shown(), [], "what was known before needs no telling");

  // Also where nobody sees the tab.
  for (const tab of [page, other]) {
    await tab.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { configurable: true, value: "hidden" });
      document.dispatchEvent(new Event("visibilitychange"));
    });
  }
  await ask("hold", "fixable");
  const [told, ...more] = await until("told", async () => {
    const all = await shown();
    return all.length > 0 && all;
  });
  assert.deepEqual(more, [], "one tab tells it");
  assert.equal(told.body, "対応が必要なことがあります（2 件）");
  assert.equal(told.title, "連携");

  // A page that is loaded anew tells nothing anew.
  await page.reload();
  await other.reload();
  await page.waitForFunction(async () => (await navigator.locks.query()).held.some(({ name }) => name === "renkei-notify"));
  await visitor.button("通知をやめる").click();
  await page.waitForFunction(async () => !(await navigator.locks.query()).held.some(({ name }) => name === "renkei-notify"));
  await ask("dismiss all");
  await ask("hold", "broken");
  await visitor.open("/held");
  await visitor.sees("送っていません");
  assert.deepEqual(await shown(), [], "nobody is told who does not want it");
  await visitor.leave();
}

/// The node may have no place just when somebody is to be told: the tab asks again by itself.
async function refusedOnce(browser) {
  const visitor = await Visitor.arrive(browser, { entered: false });
  visitor.expect(/503/);
  await visitor.context.addInitScript(writtenDown);
  await visitor.enter();
  const { page } = visitor;
  const answers = [];
  page.on("response", (answer) => {
    if (answer.url().endsWith("/events/needs")) answers.push(answer.status());
  });
  await page.route("**/events/needs", (route) => route.fulfill({ status: 503 }), { times: 1 });
  await page.clock.install();
  await visitor.open("/account");
  await visitor.button("このブラウザーで通知する").click();
  await until("asked again", async () => {
    await page.clock.runFor(10_000);
    return answers.length > 1;
  });
  assert.deepEqual(answers, [503, 200]);
  await visitor.leave();
}
