/** What is typed at a real terminal reaches whoever asked: whether a host key is right, and the passphrase of a key. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Terminal } from "../cli/repl/terminal.ts";
import { describeWith } from "../support/needs.ts";
import { makeUserKeys, startSshd } from "../support/sshd.ts";
import { waitFor } from "../support/wait-for.ts";

describeWith("a question at a terminal", { programs: ["sshd", "ssh-keygen"] }, () => {
  test("an unknown host key is remembered, a wrong passphrase is asked for again", async () => {
    const keys = makeUserKeys();
    const server = await startSshd({ keys });
    const known = join(server.dir, "known_by_the_user");
    const settings = readFileSync(server.configFile, "utf8")
      .replace(/IdentityFile .*/, `IdentityFile ${keys.lockedKey}`)
      .replace(/UserKnownHostsFile .*/, `UserKnownHostsFile ${known}`)
      .replace(/StrictHostKeyChecking .*/, "StrictHostKeyChecking ask");
    writeFileSync(join(server.dir, "asking"), settings);
    writeFileSync(join(server.dir, "machines"), "server\n");
    const args = ["--machinefile", join(server.dir, "machines"), "-E", "'wor' + 'kers: ' + nworkers()"];
    const terminal = new Terminal({ args, columns: 200, env: { TJL_SSH_CONFIG: join(server.dir, "asking") } });
    const asked = (question: string, times = 1) =>
      waitFor(`"${question}" ${times} times`, () => terminal.text.split(question).length > times);
    try {
      await asked("shall it be remembered? (yes/no)");
      terminal.type("yes\r");
      await asked("Passphrase of");
      terminal.type("wrong\r");
      await asked("Passphrase of", 2);
      terminal.type(`${keys.passphrase}\r`);
      await waitFor("its end", () => terminal.status !== undefined, { timeoutMs: 20_000 });
      expect(terminal.text).toContain("workers: 1");
      expect(terminal.text).not.toContain(keys.passphrase);
      expect(terminal.status).toBe(0);
      expect(readFileSync(known, "utf8")).toContain(server.hostKey.split(" ")[1]);
    } finally {
      await terminal.close();
      await server.stop();
      rmSync(keys.dir, { recursive: true, force: true });
    }
  });
});
