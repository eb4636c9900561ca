// Plays one scene: node run.mjs SCENE [WORD...]. Exit status 0 if all was as it has to be.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Visitor, launch } from "./driver.mjs";
import { leave, whenAlone } from "./world.mjs";

/// However slow the machine is, a scene ends.
const PATIENCE = 8 * 60_000;

const [scene, ...words] = process.argv.slice(2);
const { default: play } = await import(`./scenes/${scene}.mjs`);
const browser = await launch();
const end = async (status) => {
  await browser.close().catch(() => {});
  process.exit(status);
};
// Then nobody reads what it says either.
process.stdout.on("error", () => {});
whenAlone(() => end(2));
setTimeout(() => {
  console.log(`${scene}: not done after ${PATIENCE / 60_000} minutes`);
  end(2);
}, PATIENCE).unref();
try {
  await play(browser, ...words);
  leave();
  await end(0);
} catch (error) {
  console.log(`${scene}: ${error.stack ?? error}`);
  await show();
  leave();
  await end(1);
}

/// Leaves pictures of what was open.
async function show() {
  const folder = fileURLToPath(new URL("../../target/page/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  for (const fault of Visitor.all.flatMap(({ faults }) => faults)) console.log(`meanwhile: ${fault}`);
  const pages = browser.contexts().flatMap((context) => context.pages());
  for (const [place, page] of pages.entries()) {
    const path = `${folder}${scene}-${place}.png`;
    const shown = await page.screenshot({ path, fullPage: true, timeout: 10_000 }).catch(() => null);
    console.log(`${page.url()}${shown ? ` looked like ${path}` : ""}`);
  }
}
