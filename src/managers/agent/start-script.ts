/**
 * How an agent comes to run on a host of which nothing is known but that it has a POSIX `sh` and, somewhere, Node. Pure.
 *
 * The user's login shell, whichever it is, gets one fixed command that quotes alike in sh, csh and fish. That reads one line of
 * standard input: a script, which looks for a Node that is new enough and runs a few words that read the agent's program, of known
 * length, from standard input too. So nothing that users choose is ever on a command line, and nothing needs to be installed.
 */

/** Nodes before this one cannot run a worker. */
export const OLDEST_NODE = "20.19";

/** What the login shell is asked to run. `shell` runs the script: `sh`, or such as `bash -l` to have the login files read first. */
export function loginCommand(shell: string): string {
  return `exec ${shell} -c 'IFS= read -r line; eval "$(printf %b "$line")"'`;
}

export interface StartScript {
  /** A word that the agent says first, so that greetings of the shell before it are told apart. */
  token: string;
  /** Nodes to try, in order; `~/` is the home there. */
  nodes: readonly string[];
  /** Whether to look in the usual places when none of these is there. */
  lookAround: boolean;
  /** The agent's program. */
  program: string;
}

/** What is written to the standard input of the login command: a line, then the agent's program. */
export function startInput({ token, nodes, lookAround, program }: StartScript): Buffer {
  const body = Buffer.from(program);
  // The group of processes is ours alone when we lead it, which is so for a login; else there is no group of that number.
  const script = `tried=
try() {
  v=$("$1" --version 2>/dev/null </dev/null) || return 1
  case $v in
    v20.[0-9].*|v20.1[0-8].*) ;;
    v2[0-9].*|v[3-9][0-9].*) "$1" -e ${quote(boot(body.length, token))}; kill -s KILL -- -$$; exit ;;
  esac
  tried="$tried $1 $v,"
}
for n in ${nodes.map(inHome).join(" ")}; do try "$n"; done
${lookAround ? elsewhere : ""}
echo "${token} no node:$tried" >&2
exit 127
`;
  return Buffer.concat([Buffer.from(`${oneLine(script)}\n`), body]);
}

/** Where Node is found though it is not where the master has it: PATH, the PATH of a login, version managers. */
const elsewhere = `try node
try "$(sh -lc 'command -v node' 2>/dev/null </dev/null)"
for n in "$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.volta/bin/node "$HOME"/.asdf/shims/node \
  "$HOME"/.local/share/fnm/aliases/default/bin/node /usr/local/bin/node /usr/local/*/bin/node \
  /opt/homebrew/bin/node /opt/*/bin/node /snap/bin/node; do [ -x "$n" ] && try "$n"; done`;

/** Reads the program from standard input and runs it. */
function boot(bytes: number, token: string): string {
  return `const f=require("fs"),b=Buffer.alloc(${bytes});for(let o=0,n;o<${bytes};o+=n)try{n=f.readSync(0,b,o,${bytes}-o,null);if(!n)process.exit(1)}catch(e){n=0;if(e.code!=="EAGAIN")throw e;Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,5)}new Function("require","exports",b+"")(require,exports);exports.runAgent(${JSON.stringify(token)})`;
}

function inHome(path: string): string {
  return path.startsWith("~/") ? `"$HOME"/${quote(path.slice(2))}` : quote(path);
}

/** Any text as one word of a POSIX shell. */
export function quote(text: string): string {
  return /^[\w/.:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A script as one line for `printf %b`. */
export function oneLine(script: string): string {
  return script.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
