/** Ctrl-C, signals, readers that go away, and workers that do not start: the status, and nothing left behind. */
import { describe, expect, test } from "vitest";
import { runTjl, startTjl } from "../support/run-tjl.ts";
import { openScratch } from "../support/scratch.ts";

const idle = "setTimeout(() => console.log('ready'), 20); setInterval(() => {}, 1000)";
const busy = "setTimeout(() => console.log('ready'), 20); await remotecallFetch(2, () => { for (;;) {} })";

describe("Ctrl-C", () => {
  test.each([
    ["a program that waits", ["-p", "2", "-e", idle]],
    ["a program whose worker computes for ever", ["-p", "2", "-e", busy]],
    ["a program without workers", ["-e", idle]],
  ])("ends %s", async (_, args) => {
    const tjl = startTjl(args);
    await tjl.printed(/ready/);
    tjl.kill("SIGINT");
    expect(await tjl.done).toMatchObject({ signal: "SIGINT" });
  });

  test("is status 130 for a shell", async () => {
    const scratch = openScratch();
    try {
      const interrupted = "(until [ -s ready ]; do sleep 0.05; done; kill -INT $(cat ready)) & ";
      const program = "import { writeFileSync } from 'fs'; writeFileSync('ready', String(process.pid)); for (;;);";
      const result = await scratch.sh(`${interrupted} tjl -p 1 -e "${program}" || echo $?`);
      expect(result.stdout).toBe("130\n");
    } finally {
      scratch.remove();
    }
  });

  test("while workers start", async () => {
    const scratch = openScratch();
    try {
      const sleeper =
        "export default class { async launch(_p: unknown, _l: unknown, _c: unknown) { console.log('ready'); await new Promise(() => { setInterval(() => {}, 1000); }); } manage() {} }";
      await scratch.sh(`cat > slow.ts <<'END'\n${sleeper}\nEND`);
      const tjl = startTjl(["--manager", "./slow.ts", "-e", "0"], { cwd: scratch.folder });
      await tjl.printed(/ready/);
      tjl.killGroup("SIGINT");
      expect((await tjl.done).status).toBe(130);
    } finally {
      scratch.remove();
    }
  });

  test("is the program's own affair when it listens for it", async () => {
    const tjl = startTjl([
      "-p",
      "1",
      "-e",
      "process.on('SIGINT', () => { console.log('mine'); process.exit(5); }); await remotecallFetch(2, () => 1); setInterval(() => {}, 1000); console.log('ready')",
    ]);
    await tjl.printed(/ready/);
    tjl.killGroup("SIGINT");
    expect(await tjl.done).toMatchObject({ status: 5, stdout: "ready\nmine\n" });
  });

  test("ends a program or driver that computes for ever, from its start or after a pause, or waits in native code", async () => {
    const scratch = openScratch();
    try {
      const spin = "console.log('ready'); for (;;) {}";
      const later = `await new Promise((r) => setTimeout(r, 400)); ${spin}`;
      const native =
        "await null; console.log('ready'); process.getBuiltinModule('node:child_process').spawnSync('sleep', ['60'])";
      await scratch.sh(`cat > spin.ts <<'END'\n${spin}\nEND\ncat > later.ts <<'END'\n${later}\nEND`);
      for (const args of [
        ["-p", "2", "spin.ts"],
        ["-p", "2", "later.ts"],
        ["-e", spin],
        ["-e", later],
        ["-e", native],
      ]) {
        const tjl = startTjl(args, { cwd: scratch.folder });
        await tjl.printed(/ready/);
        tjl.killGroup("SIGINT");
        expect(await tjl.done).toMatchObject({ signal: "SIGINT", stdout: "ready\n", stderr: "" });
      }
    } finally {
      scratch.remove();
    }
  });
});

describe.each(["SIGTERM", "SIGHUP", "SIGKILL"] as const)("%s", (name) => {
  test("leaves no worker behind, even a busy one", async () => {
    const tjl = startTjl(["-p", "2", "-e", busy]);
    await tjl.printed(/ready/);
    tjl.kill(name);
    expect(await tjl.done).toMatchObject({ signal: name });
  });
});

describe("output", () => {
  test("a reader that goes away is no error", async () => {
    const scratch = openScratch();
    try {
      const one = "for (let i = 0; i < 1e5; i++) console.log(i)";
      expect((await scratch.sh(`(tjl -e '${one}' || true) | head -1`)).stdout).toBe("0\n");
      const worker = "await remotecallFetch(2, () => { for (let i = 0; i < 1e5; i++) console.log(i) })";
      const result = await scratch.sh(`(tjl -p 1 -e '${worker}' || true) | head -1`);
      expect(result).toMatchObject({ stdout: "From worker 2:\t0\n", stderr: "" });
    } finally {
      scratch.remove();
    }
  });

  test("is complete in a pipe, however much there is and however the program ends", async () => {
    const scratch = openScratch();
    try {
      for (const end of ["", "; throw new Error(1)"]) {
        const result = await scratch.sh(
          `(tjl -e 'for (let i = 0; i < 2e5; i++) console.log("line", i)${end}' 2>/dev/null || true) | (sleep 0.3; tail -1)`,
        );
        expect(result.stdout).toBe("line 199999\n");
      }
    } finally {
      scratch.remove();
    }
  });
});

describe("workers that do not start", () => {
  const manager = (body: string) => `import { LocalManager, LaunchError } from "tjulia";
export default class extends LocalManager { async launch(params, launched, c) { ${body} } }`;

  async function withManager(body: string, flags: string[]) {
    const scratch = openScratch();
    try {
      await scratch.sh(`cat > manager.mjs <<'END'\n${manager(body)}\nEND`);
      return await runTjl(["--manager", "./manager.mjs", "-p", "2", ...flags, "-E", "nworkers()"], {
        cwd: scratch.folder,
      });
    } finally {
      scratch.remove();
    }
  }

  const broken =
    "await super.launch({ ...params, command: ['/bin/sh', '-c', 'echo no luck >&2; exit 4'] }, launched, c);";

  test("none: status 3, each is told", async () => {
    const result = await withManager(broken, []);
    expect(result).toMatchObject({ status: 3, stdout: "" });
    expect(result.stderr).toContain("could not start 2 of 2 workers  [TJL_LAUNCH_FAILED]");
    expect(result.stderr).toContain("no luck");
  });

  const half =
    "this.count = 1; await super.launch(params, launched, c); await super.launch({ ...params, command: ['/bin/sh', '-c', 'exit 4'] }, launched, c);";

  test("some: the others are used and the failure is told", async () => {
    const result = await withManager(half, []);
    expect(result).toMatchObject({ status: 0, stdout: "1\n" });
    expect(result.stderr).toContain("tjl: could not start 1 of 2 workers");
  });

  test("some, with --strict: status 3", async () => {
    const result = await withManager(half, ["--strict"]);
    expect(result).toMatchObject({ status: 3, stdout: "" });
  });

  test("a manager that is not there, or a bad machine file, is a usage error", async () => {
    expect(await runTjl(["--manager", "nosuch", "-e", "0"])).toMatchObject({ status: 2, stdout: "" });
    const scratch = openScratch();
    try {
      await scratch.sh("printf 'lab1\\n[::\\n' > lab.txt");
      const result = await runTjl(["--machinefile", "lab.txt", "-e", "0"], { cwd: scratch.folder });
      expect(result.status).toBe(2);
      expect(result.stderr).toContain("lab.txt:2");
      expect(await runTjl(["--machinefile", "no.txt", "-e", "0"], { cwd: scratch.folder })).toMatchObject({
        status: 2,
      });
    } finally {
      scratch.remove();
    }
  });
});
