/**
 * The command `tjl`. Looks at the words and loads only what they need: a worker goes straight to its own entry, `-e 0` never sees the
 * library.
 */
import { UsageError } from "../errors.ts";
import type { CommandLine } from "./options.ts";
import { quickOptions } from "./quick-options.ts";

const words = process.argv.slice(2);
if (/^--(?:worker|bind-to|cookie-file)(?:=|$)/.test(words[0] ?? "")) beWorker();
else void main();

async function main(): Promise<void> {
  try {
    await act(await readCommandLine());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`tjl: ${error.message}\n`);
    process.exitCode = 2;
  }
}

async function readCommandLine(): Promise<CommandLine> {
  const options = quickOptions(words);
  if (options) return { kind: "run", options };
  const { parseCommandLine } = await import("./options.ts");
  return parseCommandLine(words);
}

async function act(line: CommandLine): Promise<void> {
  switch (line.kind) {
    case "run": {
      const { run } = await import("./run.ts");
      return run(line.options);
    }
    case "worker":
      return beWorker();
    case "version": {
      const { version } = await import("../package.ts");
      return print(`${version}\n`);
    }
    case "help": {
      if (line.topic !== undefined) return print((await import("./help-topics.ts")).topicText(line.topic));
      const { helpText } = await import("./help.ts");
      return print(helpText(process.stdout.columns || 80));
    }
    case "completion": {
      const { completionScript } = await import("./shell-completion.ts");
      return print(completionScript(line.shell));
    }
    case "doctor": {
      const { doctor } = await import("./doctor.ts");
      return doctor(line.options);
    }
    case "printJob": {
      const { scriptOfJob } = await import("../managers/resolve.ts");
      const { procs, manager, managerOptions: managerOpts } = line.options;
      return print(await scriptOfJob({ procs, manager, managerOpts }));
    }
  }
}

function print(text: string): void {
  process.stdout.on("error", () => process.exit()); // nobody reads on
  process.stdout.write(text);
}

function beWorker(): void {
  import("../runtime/worker/main.ts")
    .then(({ runWorker }) => runWorker(words))
    .catch((error: Error) => {
      process.stderr.write(`tjl worker: ${error.message}\n`);
      process.exit(3);
    });
}
