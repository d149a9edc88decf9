// Builds dist/: CommonJS bundles that share chunks (CommonJS starts a fifth faster than ES modules on every Node
// we support, see docs/decisions), an ES module facade over the library, and the type declarations.
import { execFileSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

const entries = {
  index: "src/index.ts",
  cli: "src/cli/main.ts",
  worker: "src/runtime/worker/main.ts",
  register: "src/register.ts",
};

/** Loaded at run time from node_modules: native, large, or shared with the user's own import of it. */
const external = [/^node:/, "oxc-transform", "koffi", "numpy-ts", /^numpy-ts\//, "ssh2", "execa", "esbuild", "@swc/core"];

rmSync("dist", { recursive: true, force: true });

const bundle = await rolldown({
  input: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file))),
  platform: "node",
  external,
  logLevel: "warn",
});
await bundle.write({
  dir: "dist",
  format: "cjs",
  entryFileNames: "[name].cjs",
  chunkFileNames: "chunks/[name].cjs",
  hashCharacters: "hex",
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
});
await bundle.close();

// The loader of Node 20 runs module hooks on a thread of its own, which needs an ES module.
if (existsSync("src/runtime/closures/hooks-thread.ts")) {
  const thread = await rolldown({ input: "src/runtime/closures/hooks-thread.ts", platform: "node", external });
  await thread.write({ file: "dist/hooks-thread.mjs", format: "esm", inlineDynamicImports: true });
  await thread.close();
}

const names = Object.keys(createRequire(import.meta.url)(`${root}dist/index.cjs`)).sort();
writeFileSync("dist/index.js", `export { ${names.join(", ")} } from "./index.cjs";\n`);
writeFileSync("dist/globals.js", "export {};\n");

if (!process.argv.includes("--no-types")) {
  execFileSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"],
    { stdio: "inherit" },
  );
}
