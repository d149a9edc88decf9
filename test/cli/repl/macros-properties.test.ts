/** What must hold for any text: the expander ends, throws nothing but MacroErrors, and leaves alone what is no macro. */
import { parse } from "acorn";
import fc from "fast-check";
import { transformSync } from "oxc-transform";
import { describe, expect, test } from "vitest";
import { expandMacros, MACROS, MacroError, positionAt } from "../../../src/cli/repl/macros.ts";
import { tokenize } from "../../../src/cli/repl/macros-tokens.ts";

const words = (
  "@everywhere @spawnat @spawn @fetch @fetchfrom @async @sync @parallel @time @other const let function class async await " +
  "for while if else return import from of in as => ( ) [ ] { } < > ; , : ? . ... = == + - * / ! && || ?? ++ -- x y 1 2.5 'a' " +
  '"b" `c` `${ } /re/g // /* */ enum type interface #p @ \\ \n'
).split(" ");

/** Tokens in any order, with and without blanks between them. */
const soup = fc
  .array(fc.tuple(fc.constantFrom(...words), fc.constantFrom(" ", "", "\n")), { maxLength: 60 })
  .map((parts) => parts.flat().join(""));

const anyText = fc.oneof(soup, fc.string({ unit: "binary", maxLength: 80 }), fc.string({ maxLength: 80 }));

describe("any text", () => {
  test("expands or is refused with a MacroError that points into it", () => {
    fc.assert(
      fc.property(anyText, (source) => {
        try {
          expandMacros(source);
        } catch (error) {
          if (!(error instanceof MacroError)) throw error;
          expect(error.offset).toBeLessThanOrEqual(source.length);
          expect(positionAt(source, error.offset)).toEqual({ line: error.line, column: error.column });
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("is cut into tokens that follow each other and cover all but blanks and comments", () => {
    fc.assert(
      fc.property(anyText, (source) => {
        let at = 0;
        for (const token of tokenize(source)) {
          expect(token.start).toBeGreaterThanOrEqual(at);
          expect(token.end).toBeGreaterThanOrEqual(token.start);
          at = token.end;
        }
        expect(at).toBe(source.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("without an @ comes back as it is", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const source = text.replaceAll("@", "");
        expect(expandMacros(source).code).toBe(source);
      }),
    );
  });

  test("is left alone inside strings, templates, comments and regular expressions", () => {
    const inner = fc.string({ maxLength: 20 }).map((text) => text.replace(/[\\`'"$/*[\]\n\r\u2028\u2029]/g, ""));
    const quoted = fc.tuple(inner, fc.constantFrom(...MACROS), inner).chain(([before, name, after]) => {
      const text = `${before}@${name} ${after}`;
      return fc.constantFrom(`'${text}'`, `"${text}"`, `\`${text}\``, `/* ${text} */ 1`, `/${text}/`, `1 // ${text}\n`);
    });
    fc.assert(
      fc.property(quoted, (text) => {
        expect(expandMacros(`f(${text})`).code).toBe(`f(${text})`);
      }),
    );
  });

  test("of great length or depth takes time in proportion", () => {
    const long = `${"@spawn f(1)\n".repeat(20_000)}`;
    expect(expandMacros(long).code.length).toBeGreaterThan(long.length);
    for (const part of [
      "(",
      "[",
      "{",
      "!",
      "a=>",
      "a?",
      "<",
      "@spawn ",
      "`${",
      "/",
      "@everywhere{",
      "x as ",
      "if(a)",
      "new ",
    ]) {
      const started = performance.now();
      try {
        expandMacros(`@sync ${part.repeat(20_000)}`);
      } catch (error) {
        if (!(error instanceof MacroError)) throw error;
      }
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });
});

/** Programs that are right, with macros nested in macros, in TypeScript. `leaf` stands for distinct names. */
const { expression, statement } = fc.letrec<{ expression: string; statement: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("x", "1", "'@spawn s'", "f(x)", "a.b[0]", "`@sync ${x}`", "/@re/.test(x)", "x as number", "x!"),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `(${a}) + (${b})`),
    tie("expression").map((a) => `[${a}, 2]`),
    tie("expression").map((a) => `f(${a}, { k: ${a} })`),
    tie("expression").map((a) => `((p: number): any => ${a})`),
    tie("expression").map((a) => `(x ? ${a} : 0)`),
    fc
      .tuple(fc.constantFrom("spawn", "fetch", "async", "time", "sync"), tie("expression"))
      .map(([m, a]) => `@${m} ${a}`),
    fc.tuple(fc.constantFrom("spawnat", "fetchfrom"), tie("expression")).map(([m, a]) => `@${m} 2 ${a}`),
    tie("expression").map((a) => `@parallel (+) for (const i of range(3)) ${a}`),
    tie("statement").map((s) => `@sync {\n ${s}\n}`),
  ),
  statement: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("expression").map((a) => `v = ${a};`),
    tie("expression").map((a) => `if (x) { v = ${a} }\nelse @sync f()`),
    tie("expression").map((a) => `@everywhere w = ${a}`),
    tie("expression").map((a) => `@everywhere const q: any = ${a};`),
    tie("statement").map((s) => `@everywhere {\n ${s}\n function g() { return w }\n}`),
    tie("statement").map((s) => `@everywhere [2] function h(n: number): number {\n ${s}\n return n }`),
    tie("statement").map((s) => `@parallel for (let i = 0; i < 3; i++) {\n ${s}\n}`),
    fc.tuple(tie("statement"), tie("statement")).map(([s, t]) => `{ ${s}\n${t} }`),
  ),
}));

function toJavaScript(code: string): string {
  const { code: script, errors } = transformSync("program.ts", `async () => {\n${code}\n}`, { lang: "ts" });
  expect(errors, code).toEqual([]);
  return script;
}

describe("right programs", () => {
  test("become programs that parse, with every line in its place", () => {
    fc.assert(
      fc.property(fc.oneof(statement, expression), (source) => {
        const { code, origin } = expandMacros(source);
        expect(code.split("\n").length).toBe(source.split("\n").length);
        parse(toJavaScript(code), { ecmaVersion: "latest", sourceType: "module" });
        expect(code.replace(/'[^']*'|`[^`]*`|\/@re\//g, "")).not.toContain("@");
        for (let i = 0; i < code.length; i++) expect(origin(i)).toBeLessThanOrEqual(source.length);
      }),
      { numRuns: 500 },
    );
  });

  test("keep the place of every name of the user's", () => {
    fc.assert(
      fc.property(expression, (shape) => {
        let count = 0;
        const source = `\n${shape.replace(/\bx\b/g, () => `name${count++}_`)}`;
        const { code, origin } = expandMacros(source);
        for (const { 0: name, index } of code.matchAll(/name\d+_/g)) {
          expect(source.indexOf(name)).toBe(origin(index));
          expect(positionAt(code, index).line).toBe(positionAt(source, origin(index)).line);
        }
      }),
      { numRuns: 300 },
    );
  });
});
