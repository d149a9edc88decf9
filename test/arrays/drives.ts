/** Runs assertions as a driver on real workers: the text may use every public name, `assert`, `equal`, `fails` and `nested`. */
import { expect } from "vitest";
import { type DriverOptions, runDriver } from "../support/run-driver.ts";

const preamble = `
import assert from "node:assert/strict";
const equal = assert.deepEqual;
/** Plain arrays out of whatever it is. */
async function nested(x: any): Promise<any> { const a = await toArray(await x); return a.tolist ? a.tolist() : a; }
/** The promise rejects with a text that matches. */
async function fails(x: any, text: RegExp): Promise<any> {
  let error: any;
  try { await (typeof x === "function" ? x() : x); } catch (e) { error = e; }
  assert.ok(error, "it did not fail: " + text);
  assert.match(error.name + ": " + error.message, text);
  return error;
}
/** What all processes keep for references, for a look at what was left behind. */
async function kept(): Promise<number> {
  const rows = await clusterReport();
  return rows.reduce((n: number, row: any) => n + (row.report?.slots ?? row.slots ?? 0), 0);
}
async function until(text: string, test: () => any): Promise<void> {
  for (let i = 0; i < 500; i++) { if (await test()) return; await new Promise((r) => setTimeout(r, 10)); }
  throw new Error("waited in vain for " + text);
}
`;

export async function drives(source: string, options: DriverOptions = {}): Promise<string> {
  const result = await runDriver(preamble + source, { workers: 3, ...options });
  expect(result.status === 0 ? "" : result.stdout + result.stderr).toBe("");
  return result.stdout;
}
