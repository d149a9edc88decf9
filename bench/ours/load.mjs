// ms that `tjl driver.ts` takes more than `node driver.mjs`, whole processes in turn: a driver of 300 lines, and the JavaScript that it is.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "oxc-transform";

const block = (i) => `interface Row${i} { id: number; name: string; tags?: readonly string[] }
enum Kind${i} { Small, Large = 5 }
class Table${i}<T extends Row${i}> {
  private readonly rows: T[] = [];
  constructor(readonly kind: Kind${i} = Kind${i}.Small) {}
  add(row: T): this {
    this.rows.push(row);
    return this;
  }
  named(name: string): T[] {
    return this.rows.filter((row) => row.name === name && this.kind !== Kind${i}.Large);
  }
}
const table${i} = new Table${i}<Row${i}>().add({ id: ${i}, name: "a" }) satisfies Table${i}<Row${i}>;
export const total${i} = table${i}.named("a").reduce((sum, { id }) => sum + id, 0);
`;
const source = Array.from({ length: 20 }, (_, i) => block(i)).join("");
const folder = mkdtempSync(join(tmpdir(), "tjl-load-"));
try {
  writeFileSync(join(folder, "driver.ts"), source);
  writeFileSync(join(folder, "driver.mjs"), transformSync("driver.ts", source).code);
  const time = (...words) => {
    const from = performance.now();
    execFileSync(process.execPath, words, { stdio: "inherit" });
    return performance.now() - from;
  };
  const differences = [];
  for (let i = 0; i < 15; i++) {
    const plain = time(join(folder, "driver.mjs"));
    const ours = time("bin/tjl.cjs", join(folder, "driver.ts"));
    if (i > 0) differences.push(ours - plain);
  }
  differences.sort((a, b) => a - b);
  console.log(JSON.stringify({ value: differences[differences.length >> 1] }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
