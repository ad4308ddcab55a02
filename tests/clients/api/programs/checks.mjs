// What the programs share: where the server is, and a function that runs and reports a check.
import { appendFileSync } from "node:fs";

export const URL = process.env.FIRESIDE_URL;
export const TOKEN = process.env.FIRESIDE_TOKEN;
export const MODEL = process.env.FIRESIDE_MODEL;
export const SCRIPTED = process.env.FIRESIDE_ENGINE === "scripted";

export async function check(name, work) {
  try {
    await work();
    report(name, true);
  } catch (error) {
    report(name, false, String(error?.stack ?? error));
  }
}

export function report(name, good, detail = "") {
  const line = JSON.stringify({ name, good, detail: detail.slice(0, 1000) });
  appendFileSync(process.env.FIRESIDE_CHECKS, line + "\n");
}

export function ok(value, told) {
  if (!value) throw new Error(told ?? `${JSON.stringify(value)} is nothing`);
}

// Compare two values; with the demo model, only whether there is one.
export function same(found, expected) {
  if (!SCRIPTED) return ok(found !== undefined && found !== null);
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}
