// Builds dist/: CommonJS bundles that share chunks (CommonJS starts a fifth faster than ES modules on every Node
// we support, see docs/decisions/001-commonjs-bundles.md), an ES module facade over the library, and the type declarations.
//
//   --no-types   leaves the declarations out (1 s instead of 6)
//   --if-stale   does nothing when dist/ is newer than every source
//
// The result is made aside and then put in place at once: whoever runs dist/ meanwhile sees the old one or the new one.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "acorn";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const withTypes = !process.argv.includes("--no-types");
const stamp = "dist/.stamp";

const entries = {
  index: "src/index.ts",
  cli: "src/cli/main.ts",
  launch: "src/cli/launch.ts",
  "worker-main": "src/runtime/worker/start.ts",
  "busy-thread": "src/cli/repl/busy-thread.ts",
  register: "src/register.ts",
  "trace-mapping": "src/runtime/closures/trace-mapping.ts",
  "tsconfig-reader": "src/runtime/closures/tsconfig-reader.ts",
};

/** Loaded at run time from node_modules: native, large, or shared with the user's own import of it. */
const external = [
  /^node:/,
  /^data:/,
  "oxc-transform",
  "koffi",
  "numpy-ts",
  /^numpy-ts\//,
  "ssh2",
  "execa",
  "esbuild",
  "@swc/core",
];

/** What every process of a cluster loads at its start. */
const runtimeRoots = [
  "src/runtime/cluster/install.ts",
  "src/runtime/cluster/join.ts",
  "src/runtime/cluster/report.ts",
  "src/runtime/worker/globals.ts",
  "src/managers/addprocs.ts",
];
/** What the command line loads at its start, and what code without workers needs besides: `tjl -e 0`. */
const runRoots = ["src/cli/run.ts"];
const programRoots = ["src/cli/program.ts"];
/** What the command line uses before it knows whether it needs the runtime. */
const smallModules =
  /[\\/]src[\\/](?:errors|own-bundle|own-clock|own-frames|package|runtime[\\/]worker[\\/](?:public-names|julia-spellings))\.ts$/;
/** What starts workers, before the runtime is loaded. */
const spawning =
  /[\\/]src[\\/](?:cli[\\/]early-workers|runtime[\\/]cluster[\\/](?:cookie|huge-pages|nest|spawn-workers|watcher))\.ts$/;

/** A prompt or driver may give these names another meaning (`const URL = "…"`); what we use of them stays Node's. */
const ourOwn = {
  Buffer: ["node:buffer", "Buffer"],
  URL: ["node:url", "URL"],
  performance: [join(root, "src/own-clock.ts"), "performance"],
  process: ["node:process", "default"],
};

/** Stands for `require` until the text is made: the bundler would take the name itself for a variable of the module. */
const OWN_REQUIRE = "__ownRequire__";

if (process.argv.includes("--if-stale") && isFresh()) process.exit(0);

/** What is kept of the user's files (src/runtime/closures/kept-modules.ts) holds for these sources. */
const define = { SOURCES: JSON.stringify(hashOfSources()) };

const out = `dist.${process.pid}.tmp`;
try {
  const started = new Date();
  const build = await bundleEntries();
  await bundleHooksThread();
  await bundleAlone("src/managers/agent/entry.ts", "agent.cjs");
  await bundleAlone("src/runtime/worker/control-thread.ts", "control.cjs");
  await bundleAlone("src/boot.ts", "boot.cjs", { BUILD: JSON.stringify(build) });
  // With no file between: to find one and to read what is near it takes Node a millisecond.
  writeFileSync(
    join(out, "worker.cjs"),
    `${readFileSync(join(out, "boot.cjs"), "utf8")}\nexports.start("worker-main.cjs");\n`,
  );
  writeFileSync(join(out, "import.cjs"), "module.exports = (specifier) => import(specifier);\n");
  writeFacade();
  if (withTypes) declareTypes();
  else keepTypes();
  writeFileSync(join(out, ".stamp"), "");
  utimesSync(join(out, ".stamp"), started, started);
  putInPlace();
} finally {
  rmSync(out, { recursive: true, force: true });
}

/** Gives a hash of all that was made. */
async function bundleEntries() {
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file))),
    platform: "node",
    external,
    plugins: [commanderWithoutPrograms(), importsWithoutCopies(), ownRequire()],
    transform: { inject: ourOwn, define },
    logLevel: "warn",
  });
  const { output } = await bundle.write({
    dir: out,
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "chunks/[name].cjs",
    hashCharacters: "hex",
    codeSplitting: {
      groups: [
        { name: "errors", test: smallModules, priority: 1 },
        { name: "spawning", test: spawning, priority: 1 },
        { name: chunkOf("runtime", runtimeRoots), debugName: "runtime" },
        { name: chunkOf("run", runRoots), debugName: "run" },
        { name: chunkOf("program", programRoots), debugName: "program" },
      ],
    },
    minify: { compress: true, mangle: { keepNames: true }, codegen: { removeWhitespace: true } },
  });
  await bundle.close();
  for (const { fileName } of output) {
    giveThrowsTheirLines(join(out, fileName));
    escapeToAscii(join(out, fileName));
    nameOwnRequire(join(out, fileName));
    makeCallable(join(out, fileName));
  }
  writeLicenses(output.flatMap((chunk) => chunk.moduleIds ?? []));
  const hash = createHash("sha256");
  for (const { code } of output) hash.update(code ?? "");
  return hash.digest("hex").slice(0, 16);
}

/**
 * Node shows the line that threw when a program dies of an error, and the lines of a bundle are as long as a book: each `throw` gets one of
 * its own.
 */
function giveThrowsTheirLines(file) {
  const code = readFileSync(file, "utf8");
  const throws = [];
  const visit = (node) => {
    if (typeof node?.type === "string" && node.type === "ThrowStatement") throws.push(node.start, node.end);
    for (const part of Object.values(node ?? {})) if (typeof part === "object") visit(part);
  };
  visit(parse(code, { ecmaVersion: "latest", allowReturnOutsideFunction: true }));
  const places = [0, ...throws.sort((a, b) => a - b), code.length];
  writeFileSync(
    file,
    places
      .slice(1)
      .map((to, i) => code.slice(places[i], to))
      .join("\n"),
  );
}

/** V8 reads and compiles a text of ASCII in half the time: each of its characters is one byte for it. No String.raw is among the sources. */
function escapeToAscii(file) {
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  writeFileSync(file, readFileSync(file, "utf8").replace(/[^\0-\x7f]/g, escaped));
}

/**
 * A script of this text gives the function that `require` makes of a file; as a file it calls that. So src/boot.ts need not put the text together
 * anew: V8's first space for objects is so small that one more copy of it makes a worker collect garbage while it starts.
 */
function makeCallable(file) {
  const words = "exports,require,module,__filename,__dirname";
  const code = readFileSync(file, "utf8");
  writeFileSync(file, `(f=>this===globalThis?f:f(${words}))(function(${words}){${code}\n})`);
}

/**
 * All that is loaded together with some modules, in one chunk: a file less to read is worth more than a few kilobytes. Each kind of
 * process reads one of them at its start. What a call runs through stays together: each use of a name of another chunk goes through a getter, and
 * V8 then makes less of a loop (a pmap of short elements lost a quarter of its speed).
 */
function chunkOf(name, roots) {
  let modules;
  return (id, graph) => {
    modules ??= reachedFrom(roots, graph);
    return modules.has(id) ? name : null;
  };
}

function reachedFrom(roots, graph) {
  const reached = new Set();
  const visit = (module) => {
    if (reached.has(module) || [smallModules, spawning].some((test) => test.test(module))) return;
    const info = graph.getModuleInfo(module);
    if (!info || info.isExternal) return;
    reached.add(module);
    info.importedIds.forEach(visit);
  };
  for (const file of roots) visit(join(root, file));
  return reached;
}

/** commander loads node:child_process, which costs 5 ms, for commands that are programs of their own. We have none. */
function commanderWithoutPrograms() {
  return {
    name: "commander-without-programs",
    transform: (code, id) =>
      id.includes("/node_modules/commander/") ? code.replace("require('node:child_process')", "{}") : null,
  };
}

/** Where a module of Node's is imported whole, rolldown copies each of its names, with a getter, in every process at its start. */
function importsWithoutCopies() {
  const direct = `export var __toESM = (mod, isNodeMode) => isNodeMode && mod && !mod.__esModule
    ? __create(mod, { default: { value: mod, enumerable: true } }) : __toCopy(mod, isNodeMode);`;
  return {
    name: "imports-without-copies",
    transform: (code, id) =>
      id.endsWith("rolldown/runtime.js")
        ? `${code.replace("export var __toESM =", "var __toCopy =")}\n${direct}`
        : null,
  };
}

/**
 * What a module makes of its URL is at hand in a CommonJS file; Node takes its time to make the same anew. Only for what processes load at their
 * start, and not where the cache is asked for: the `require` that Node 22 gives to CommonJS that was imported has none, and cannot load
 * numpy-ts.
 */
function ownRequire() {
  return {
    name: "own-require",
    transform: {
      filter: { id: /[\\/]src[\\/](?:runtime|native-import|package|own-)/ },
      handler: (code, id) =>
        // It writes such a line for a module of the user's.
        id.endsWith("commonjs-module.ts")
          ? null
          : code
              .replaceAll(/createRequire\(import\.meta\.url\)(?!\.cache)/g, OWN_REQUIRE)
              .replaceAll("fileURLToPath(import.meta.url)", "__filename"),
    },
  };
}

function nameOwnRequire(file) {
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(OWN_REQUIRE, "require"));
}

/** The licences of the packages whose code is in the bundles. */
function writeLicenses(moduleIds) {
  const packages = new Set(moduleIds.map((id) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id)?.[0]).filter(Boolean));
  const texts = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : ""}\n`;
  });
  writeFileSync(join(out, "LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

/** The loader of Node 20 runs module hooks on a thread of its own, which needs an ES module. */
async function bundleHooksThread() {
  const input = "src/runtime/closures/hooks-thread.ts";
  if (!existsSync(input)) return;
  const thread = await rolldown({ input, platform: "node", external, transform: { define } });
  await thread.write({ file: join(out, "hooks-thread.mjs"), format: "esm", codeSplitting: false });
  await thread.close();
}

/** One file that needs nothing beside it, made to be sent as text. */
async function bundleAlone(input, name, define = {}) {
  if (!existsSync(input)) return;
  const bundle = await rolldown({ input, platform: "node", external, logLevel: "warn", transform: { define } });
  await bundle.write({
    file: join(out, name),
    format: "cjs",
    codeSplitting: false,
    minify: { compress: true, mangle: true, codegen: { removeWhitespace: true } },
  });
  await bundle.close();
}

/** `import { pmap } from "tjulia"` needs the names of the CommonJS bundle to be known before it runs. */
function writeFacade() {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "globals.js"), "export {};\n");
  if (!existsSync(join(out, "index.cjs"))) return;
  const names = Object.keys(createRequire(import.meta.url)(join(root, out, "index.cjs"))).sort();
  writeFileSync(join(out, "index.js"), `export { ${names.join(", ")} } from "./index.cjs";\n`);
}

function declareTypes() {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", join(out, "types")];
  execFileSync(process.execPath, tsc, { stdio: "inherit" });
  // A declaration file among the sources is not emitted by the compiler.
  if (existsSync("src/globals.d.ts")) cpSync("src/globals.d.ts", join(out, "types/globals.d.ts"));
  // The same declarations for whoever uses require: what a .d.ts describes follows from the nearest package.json.
  cpSync(join(out, "types"), join(out, "types-cjs"), { recursive: true });
  writeFileSync(join(out, "types-cjs/package.json"), '{ "type": "commonjs" }\n');
}

function keepTypes() {
  for (const name of ["types", "types-cjs"]) {
    if (existsSync(join("dist", name))) cpSync(join("dist", name), join(out, name), { recursive: true });
  }
}

function putInPlace() {
  const old = `dist.${process.pid}.old.tmp`;
  if (existsSync("dist")) renameSync("dist", old);
  renameSync(out, "dist");
  rmSync(old, { recursive: true, force: true });
}

function isFresh() {
  if (!existsSync(stamp)) return false;
  const built = Number(statSync(stamp).mtimeMs);
  return ["src", ...sources()].every((file) => statSync(file).mtimeMs < built);
}

function sources() {
  const files = readdirSync("src", { recursive: true }).map((name) => join("src", String(name)));
  return [...files.sort(), "scripts/build.mjs", "package.json"];
}

function hashOfSources() {
  const hash = createHash("sha256");
  for (const file of sources()) if (!statSync(file).isDirectory()) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
