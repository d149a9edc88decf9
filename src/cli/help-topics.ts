/** `tjl help <topic>`: a page each. Pure. */
import { UsageError } from "../errors.ts";
import { nearest } from "./nearest.ts";

const topics: Readonly<Record<string, string>> = {
  machinefile: `Machine files: tjl --machinefile lab.txt

Each line is a machine where workers are started over SSH:

  [count*][user@]host[:port] [bind_addr[:port]]

  lab1                     one worker on lab1
  4*lab2                   four workers
  auto*ada@lab3:2222       one per core; user ada, SSH on port 2222
  lab4 10.0.0.4            the worker listens on this address
  lab5 10.0.0.5:9000       and on this port
  [2001:db8::6]            IPv6 in brackets
  # a comment

The same version of tjl is needed there, in the same folder or on the PATH, and so is a login without a password (a key).
What ~/.ssh/config says of a host is kept, and its key must be in ~/.ssh/known_hosts.
Machines that fail are named with the step that failed, and the others go on; with --strict the run ends instead.
-p adds workers on this machine. To see what is wrong: tjl doctor --machinefile lab.txt
`,
  prompt: `The prompt: tjl, tjl -p 4, tjl -p 4 -L lib.ts

TypeScript with await and import; a promise is waited for; everything can be declared again; a ";" at the end silences.

  ans, err                 the last value, the last error
  ?  ?pmap                 help, help for a name
  ;ls                      a command of the shell
  Tab, Ctrl-R              complete, search the history
  Ctrl-C                   stops what the entry started, here and on the workers, and keeps every process
  Ctrl-D                   leaves
  .load .save .editor      files and long entries
  status()  whos(2)        what workers do, what a process holds

Macros, also in -e, -E and programs on standard input:

  @everywhere x = 1                    run a statement on every process; @everywhere [2,3] x = 1 on some
  r = @spawnat 2 f(x)                  run on worker 2, give a reference; @spawn f(x) picks a worker
  await @fetchfrom 2 f(x)              run on worker 2, give a promise of the value; @fetch f(x) picks a worker
  @sync { @async f(); @spawn g() }     wait for all that was started inside
  await @parallel (+) for (const i of range(1000)) f(i)
  @time f(x)                           tell how long it took
`,
  environment: `Environment

  TJL_WORKER_TIMEOUT   seconds that a worker may take to start, and to hear from its master (default: 60)
  TJL_FULL_STACKS=1    stacks with the frames of the runtime
  NO_COLOR             no colours, as --no-color
  NODE_OPTIONS         options for Node, here and on local workers
  XDG_CONFIG_HOME      where tjl/startup.ts is, run before the first prompt (default: ~/.config)
`,
  "exit-status": `Exit status

    0   all went well
    1   the program threw
    2   the command line could not be understood
    3   workers could not be started: none did, or with --strict not all
   13   the program waits for something that can no longer happen
  130   interrupted by Ctrl-C
  else  what the program gave to process.exit

Whatever the end, no worker is left behind.
`,
};

const synonyms: Readonly<Record<string, string>> = {
  "exit-code": "exit-status",
  "exit-codes": "exit-status",
  status: "exit-status",
  repl: "prompt",
  macros: "prompt",
  env: "environment",
  "machine-file": "machinefile",
};

export const topicNames: readonly string[] = Object.keys(topics);

/** The page; throws a UsageError that names the topics. */
export function topicText(topic: string): string {
  const text = topics[topic] ?? topics[synonyms[topic.toLowerCase()] ?? ""];
  if (text !== undefined) return text;
  const near = nearest(topic, topicNames);
  throw new UsageError(
    `there is no help on "${topic}"\n  ${near ? `did you mean ${near}?` : `try: ${topicNames.join(", ")}`}`,
  );
}
