/** The rules of the house that a machine can check: only the command line prints, no `any`, no file without end. */
import ts from "typescript";
import { expect, test } from "vitest";
import { places, sources } from "./sources.ts";

/** Files outside cli/ that touch the standard streams, each with its reason. */
const mayPrint: Record<string, string> = {
  "runtime/worker/": "a worker announces itself on stdout",
  "runtime/cluster/output.ts": "what workers print appears on the master's streams",
  "runtime/calls/report.ts":
    "errors that nobody waits for, until the command line takes over; a library has no command line",
  "managers/agent/main.ts": "a program of its own on another host; its stdout is the way back",
  "managers/addprocs.ts": "workers that failed while others started, until the command line takes over",
};

/** The one file that may say `any`: it makes functions from source text, and only its callers know what they take. */
const mayUseAny = "arrays/compile.ts";

test("only the command line prints", () => {
  const printing = sources
    .filter(({ path }) => !path.startsWith("cli/") && !Object.keys(mayPrint).some((name) => path.startsWith(name)))
    .flatMap((file) => places(file, (node) => ts.isPropertyAccessExpression(node) && isStream(node)));
  expect(printing).toEqual([]);
});

function isStream(node: ts.PropertyAccessExpression): boolean {
  const object = node.expression.getText();
  return object === "console" || (object === "process" && /^(stdout|stderr)$/.test(node.name.text));
}

test("the word any stands in one file only", () => {
  const found = sources
    .filter(({ path }) => path !== mayUseAny)
    .flatMap((file) => places(file, (node) => node.kind === ts.SyntaxKind.AnyKeyword));
  expect(found).toEqual([]);
});

/** One editor's state: it is still to be cut into concepts of its own. */
const longFiles = ["cli/repl/line-editor.ts"];

test("no file is longer than 400 lines, but for those named, and each opens by saying what it is", () => {
  expect(
    sources
      .filter(({ lines, path }) => lines > 400 && !longFiles.includes(path))
      .map(({ path, lines }) => `${path}: ${lines}`),
  ).toEqual([]);
  expect(sources.filter(({ text }) => !/^(#!.*\n)?(\/\*\*?|\/\/)/.test(text)).map(({ path }) => path)).toEqual([]);
});

test("file names are kebab-case and say what is inside", () => {
  const bad = sources
    .map(({ path }) => path)
    .filter(
      (path) =>
        !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.d)?\.ts$/.test(path) || /(^|\/)(utils?|helpers?|common|misc)\.ts$/.test(path),
    );
  expect(bad).toEqual([]);
});

test("nothing is left to be done later", () => {
  const words = /\b(TODO|FIXME|XXX|HACK)\b|not (yet )?implemented/i;
  expect(sources.filter(({ text }) => words.test(text)).map(({ path }) => path)).toEqual([]);
});
