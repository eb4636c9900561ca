// What stands around the browser: the offices. They belong to the test that started this process;
// it is asked over standard input and output, one line of JSON each way.

import { createInterface } from "node:readline";

const answers = createInterface({ input: process.stdin });
const lines = answers[Symbol.asyncIterator]();

/// Has the offices do something, or tell something; what they can do stands in tests/it/page/chromium.
export async function ask(question, ...rest) {
  process.stdout.write(`ask ${JSON.stringify([question, ...rest])}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error(`nobody is there to answer "${question}"`);
  return JSON.parse(value);
}

/// Calls `then` when whoever started us is gone.
export function whenAlone(then) {
  answers.on("close", then);
}

export function leave() {
  answers.removeAllListeners("close");
  answers.close();
}

/// Waits until `condition` gives something.
export async function until(what, condition) {
  const started = Date.now();
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() - started > 60_000) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
