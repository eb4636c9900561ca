// Pictures of the main pages for the documents.

import { fileURLToPath } from "node:url";

import { Visitor } from "../driver.mjs";
import { PAGES, pathOf } from "../pages.mjs";
import { ask } from "../world.mjs";

export default async function play(browser) {
  const things = await ask("furnish");
  const { lang } = things;
  const visitor = await Visitor.arrive(browser);
  for (const line of PAGES.filter(({ picture }) => picture)) {
    await visitor.open(pathOf(line, things));
    await visitor.page.screenshot({ path: fileURLToPath(new URL(`../../../docs/images/${line.picture}.${lang}.png`, import.meta.url)) });
  }
  await visitor.leave();
}
