// What was compiled in one run is used by the next, and nothing depends on it.
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runTjl } from "../support/run-tjl.ts";
import { openScratch } from "../support/scratch.ts";

const program =
  'console.log(await remotecallFetch(2, myid), (await import("node:os")).EOL.length, await pmap(x => x + 1, [1]))';
const printed = "2 1 [ 2 ]\n";

test("the code of a run is kept for this user alone, and used by the next run", async () => {
  const scratch = openScratch();
  try {
    const env = { XDG_CACHE_HOME: scratch.folder };
    const folder = join(scratch.folder, "tjulia/code");
    const run = async () => {
      const { stdout, stderr, status } = await runTjl(["-p", "1", "-e", program], { env });
      expect({ stdout, stderr, status }).toEqual({ stdout: printed, stderr: "", status: 0 });
    };
    await run();
    const files = readdirSync(folder).filter((name) => name.includes("cli.cjs"));
    expect(files).toHaveLength(1);
    const file = join(folder, files[0] as string);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);

    for (let i = 0; i < 3; i++) await run();
    const { ino } = statSync(file);
    await run();
    expect(statSync(file).ino, "after three runs it stays as it is").toBe(ino);

    await runTjl(["-e", "0"], { env });
    expect(statSync(file).ino, "what runs without workers has code of its own").toBe(ino);
    expect(readdirSync(folder).filter((name) => name.includes("cli.cjs"))).toHaveLength(2);

    writeFileSync(file, "not what was written");
    await run();
    writeFileSync(file, Buffer.alloc(100_000, 0xff));
    await run();
    chmodSync(join(scratch.folder, "tjulia"), 0o777);
    await run();
  } finally {
    scratch.remove();
  }
});

test("what a driver was compiled to is used until its text is another", async () => {
  const scratch = openScratch();
  try {
    const driver = join(scratch.folder, "driver.ts");
    const folder = join(scratch.folder, "tjulia/compiled");
    const run = async (text: string) => {
      writeFileSync(driver, text);
      const { stdout, stderr } = await runTjl([driver], { env: { XDG_CACHE_HOME: scratch.folder } });
      return stdout + stderr.split("\n")[0];
    };
    const first = "enum Size { Small = 3 }\nconsole.log(Size.Small);";
    expect(await run(first)).toBe("3\n");
    const [name] = readdirSync(folder) as [string];
    const file = join(folder, name);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    // It is what runs: an entry that says something else is believed.
    const entry = JSON.parse(readFileSync(file, "utf8"));
    entry.module.code = entry.module.code.replace("Size.Small);", '"kept");');
    writeFileSync(file, JSON.stringify(entry));
    expect(await run(first)).toBe("kept\n");
    expect(await run(first.replace("3", "44"))).toBe("44\n");
    expect(await run(`${first}\nthrow new Error("thrown");`)).toContain("thrown");
    writeFileSync(file, "not what was written");
    expect(await run(first)).toBe("3\n");
    chmodSync(join(scratch.folder, "tjulia"), 0o777);
    expect(await run(first)).toBe("3\n");
  } finally {
    scratch.remove();
  }
});

test("it can be switched off", async () => {
  const scratch = openScratch();
  try {
    const env = { XDG_CACHE_HOME: scratch.folder, NODE_DISABLE_COMPILE_CACHE: "1" };
    expect(await runTjl(["-E", "1 + 1"], { env })).toMatchObject({ stdout: "2\n", stderr: "", status: 0 });
    expect(existsSync(join(scratch.folder, "tjulia"))).toBe(false);
  } finally {
    scratch.remove();
  }
});
