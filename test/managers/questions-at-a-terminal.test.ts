/** What is typed at a real terminal reaches whoever asked: whether a host key is right, and the passphrase of a key. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Terminal, withPrompt } from "../cli/repl/terminal.ts";
import { describeWith } from "../support/needs.ts";
import { makeUserKeys, type SshServer, startSshd, type UserKeys } from "../support/sshd.ts";

describeWith("a question at a terminal", { programs: ["sshd", "ssh-keygen"] }, () => {
  vi.setConfig({ testTimeout: 60_000 }); // several logins and starts each
  let keys: UserKeys;
  let server: SshServer;
  let known: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    keys = makeUserKeys();
    server = await startSshd({ keys });
    known = join(server.dir, "known_by_the_user");
    const settings = readFileSync(server.configFile, "utf8")
      .replace(/IdentityFile .*/, `IdentityFile ${keys.lockedKey}`)
      .replace(/UserKnownHostsFile .*/, `UserKnownHostsFile ${known}`)
      .replace(/StrictHostKeyChecking .*/, "StrictHostKeyChecking ask");
    const underOtherName = settings
      .replace("Host server", "Host other")
      .replace("HostName 127.0.0.1", "HostName 127.1");
    writeFileSync(join(server.dir, "asking"), settings + underOtherName);
    writeFileSync(join(server.dir, "machines"), "server\n");
    env = { TJL_SSH_CONFIG: join(server.dir, "asking") };
  });
  beforeEach(() => rmSync(known, { force: true }));
  afterAll(async () => {
    await server?.stop();
    rmSync(keys.dir, { recursive: true, force: true });
  });

  const asked = (terminal: Terminal, question: string, times = 1) =>
    terminal.until(`"${question}" ${times} times`, () => terminal.text.split(question).length > times, 20_000);

  test("an unknown host key is remembered, a wrong passphrase is asked for again", async () => {
    const args = ["--machinefile", join(server.dir, "machines"), "-E", "'wor' + 'kers: ' + nworkers()"];
    const terminal = new Terminal({ args, columns: 200, env });
    try {
      await asked(terminal, "shall it be remembered? (yes/no)");
      terminal.enter("perhaps");
      await asked(terminal, "shall it be remembered? (yes/no)", 2);
      terminal.enter("yes");
      await asked(terminal, "Passphrase of");
      terminal.enter("wrong");
      await asked(terminal, "Passphrase of", 2);
      terminal.enter(keys.passphrase);
      expect(await terminal.exited(20_000)).toBe(0);
      expect(terminal.text).toContain("workers: 1");
      expect(terminal.raw).not.toContain(keys.passphrase);
      expect(readFileSync(known, "utf8")).toContain(server.hostKey.split(" ")[1]);
    } finally {
      await terminal.close();
    }
  });

  test("Ctrl-C at one ends a program", async () => {
    const terminal = new Terminal({ args: ["--machinefile", join(server.dir, "machines"), "-e", "0"], env });
    try {
      await asked(terminal, "shall it be remembered? (yes/no)");
      terminal.type("\u0003");
      expect(await terminal.exited()).toBe(130);
    } finally {
      await terminal.close();
    }
  });

  test("at the prompt it stands where the line is, which comes back with all that was typed", async () => {
    const terminal = new Terminal({ args: ["--machinefile", join(server.dir, "machines")], columns: 40, env });
    try {
      await terminal.see(/^tjl>/m);
      terminal.type("'y' + 'es' + nworkers()");
      await asked(terminal, "shall it be remembered? (yes/no)");
      expect(terminal.text).not.toContain("tjl>");
      terminal.type("yex\u007fs\rlater");
      await asked(terminal, "Passphrase of");
      expect(terminal.text).toContain("(yes/no) yes\n");
      terminal.enter("wrong");
      await asked(terminal, "Passphrase of", 2);
      // Pasted with the line end, and the real one behind it.
      terminal.type(`\u001b[200~${keys.passphrase}\n\u001b[201~\r`);
      await terminal.see("tjl> 'y' + 'es' + nworkers()later");
      terminal.type(`${"\u007f".repeat(5)}\r`);
      await terminal.see("'yes1'", 20_000);
      expect(await terminal.run("1 + 1")).toBe("2");
      expect(terminal.raw).not.toContain(keys.passphrase);
    } finally {
      await terminal.close();
    }
  });

  test("at the prompt two come one after the other, and Ctrl-C gives the start up that asks", async () => {
    await withPrompt({ columns: 100, env }, async (terminal) => {
      terminal.enter('await addprocs(["server", "other"])');
      await asked(terminal, "shall it be remembered? (yes/no)");
      terminal.enter("yes");
      await asked(terminal, "shall it be remembered? (yes/no)", 2);
      terminal.type("\u0003");
      await terminal.see("Interrupted\ntjl>");
      expect(await terminal.run("nprocs()")).toBe("1");
      expect(readFileSync(known, "utf8").split("\n")).toHaveLength(2);
      writeFileSync(known, readFileSync(server.knownHostsFile));

      terminal.enter('await addprocs(["server"])');
      await asked(terminal, "Passphrase of");
      terminal.type("\u0004");
      await terminal.see(/\(has a passphrase\)[\s\S]*\ntjl>$/, 20_000);

      // A task asks while an entry is being typed, which then runs.
      expect(await terminal.run('added = @async addprocs(["server"]);')).toBe("");
      terminal.type("await add");
      await asked(terminal, "Passphrase of", 2);
      terminal.enter(keys.passphrase);
      await terminal.see(/tjl> await add$/);
      terminal.enter("ed");
      await terminal.see(/^\[ 2 \]$/m, 20_000);
    });
  });
});
