// Chromium, and somebody in front of it.

import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

import { ask } from "./world.mjs";

// Not beside these files: what is installed lies with everything else that is built.
const require = createRequire(new URL("../../target/tools/page/", import.meta.url));
const { chromium } = require("playwright-core");
export const axe = require("axe-core");

/// Reaches this computer only, and keeps to itself.
const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

export const WIDE = 1280;
export const NARROW = 400;
/// A screen of 1280 x 800 at 150 %.
export const ZOOMED = 853;

function program() {
  const names = ["chromium", "chromium-browser", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  assert(found, `none of ${names.join(", ")} is installed`);
  return found;
}

/// Chromium, with a folder of its own for what it remembers.
export function launch() {
  return chromium.launch({ executablePath: program(), args: ARGUMENTS });
}

/// Somebody who uses the page. Whatever goes wrong meanwhile is noted, and told at the end.
export class Visitor {
  /// Everybody who has arrived.
  static all = [];

  #faults = [];
  #expected = [];

  static async arrive(browser, { width = WIDE, scheme = "light", script = true, entered = true, scale = 1 } = {}) {
    const context = await browser.newContext({
      viewport: { width, height: { [NARROW]: 800, [ZOOMED]: 533 }[width] ?? 900 },
      colorScheme: scheme, javaScriptEnabled: script, deviceScaleFactor: scale,
      locale: "ja-JP", timezoneId: "Asia/Tokyo", serviceWorkers: "block",
    });
    context.setDefaultTimeout(30_000);
    const visitor = new Visitor(context, { width, scheme, script });
    visitor.page = await visitor.tab();
    if (entered) await visitor.enter();
    return visitor;
  }

  constructor(context, look) {
    Visitor.all.push(this);
    this.context = context;
    this.look = look;
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (this.origin && url.origin !== this.origin && url.protocol !== "data:") this.#fault(`a request to ${url.origin}`);
    });
    context.on("response", (answer) => {
      if (answer.status() >= 500) this.#fault(`${answer.status()} from ${answer.url()}`);
    });
  }

  #fault(text) {
    if (!this.#expected.some((expected) => expected.test(text))) this.#faults.push(text);
  }

  get faults() {
    return this.#faults;
  }

  /// Things that look like faults and belong to what is tested.
  expect(...patterns) {
    this.#expected.push(...patterns);
  }

  /// Another tab.
  async tab() {
    const page = await this.context.newPage();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#fault(`the console says: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#fault(`an error of a script: ${error}`));
    page.on("requestfailed", (request) => {
      // A page that is left drops what it still loads, and its events.
      const why = request.failure()?.errorText;
      if (why !== "net::ERR_ABORTED") this.#fault(`${why}: ${request.url()}`);
    });
    page.on("dialog", (dialog) => {
      this.#fault(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    return page;
  }

  /// Comes in through an address that `renkei open` made.
  async enter() {
    const link = await ask("link");
    this.origin = new URL(link).origin;
    await this.page.goto(link);
    await this.page.waitForURL(`${this.origin}/`);
  }

  /// Comes in as a user with a password.
  async logIn({ name, password }) {
    const { page } = this;
    this.origin = await ask("origin");
    await page.goto(this.origin);
    await page.getByLabel("名前", { exact: true }).fill(name);
    await page.getByLabel("パスワード", { exact: true }).fill(password);
    await this.button("ログイン").click();
    await page.waitForURL(`${this.origin}/`);
  }

  /// Opens a page of ours, which has to be there.
  async open(path, page = this.page) {
    const answer = await page.goto(this.origin + path);
    assert.equal(answer.status(), 200, path);
    return page;
  }

  button(name, page = this.page) {
    return page.getByRole("button", { name, exact: true });
  }

  link(name, page = this.page) {
    return page.getByRole("link", { name, exact: true });
  }

  /// Waits until the page shows a text.
  async sees(text, page = this.page) {
    await page.getByText(text).first().waitFor();
  }

  /// What was told after the last button.
  async told(text, page = this.page) {
    const told = page.locator(".told");
    await told.waitFor();
    assert.match(await told.innerText(), text);
  }

  /// Goes. Nothing may have gone wrong.
  async leave() {
    await this.context.close();
    assert(this.#faults.length === 0, `meanwhile: ${this.#faults.join("; ")}`);
  }
}
