/** The macro expander: what each macro becomes, what is left alone, and what is said when a macro is wrong. */
import { describe, expect, test } from "vitest";
import { expandMacros, MacroError } from "../../../src/cli/repl/macros.ts";

const expanded = (source: string): string => expandMacros(source).code;

function failure(source: string): MacroError {
  try {
    expandMacros(source);
  } catch (error) {
    if (error instanceof MacroError) return error;
    throw error;
  }
  throw new Error(`expanded without an error: ${source}`);
}

describe("calls", () => {
  test.each([
    ["r = @spawnat 2 f(x)", "r = $tjulia.spawnat(2, () => (f(x)))"],
    ["@spawnat workers()[0] f(3)", "$tjulia.spawnat(workers()[0], () => (f(3)))"],
    ["@spawnat (a ? 2 : 3) f(3)", "$tjulia.spawnat((a ? 2 : 3), () => (f(3)))"],
    ["@spawnat p+1 -x", "$tjulia.spawnat(p+1, () => (-x))"],
    ["@spawnat `a b`.length x", "$tjulia.spawnat(`a b`.length, () => (x))"],
    ["s = @spawnat 2 np.add(1, await fetch(r))", "s = $tjulia.spawnat(2, async () => (np.add(1, await fetch(r))))"],
    ["@spawnat (await pick()) f()", "$tjulia.spawnat((await pick()), () => (f()))"],
    ["[@spawn a(), @spawn b()]", "[$tjulia.spawn(() => (a())), $tjulia.spawn(() => (b()))]"],
    ["const r = @spawn f(1), t = 2", "const r = $tjulia.spawn(() => (f(1))), t = 2"],
    ["const v = await @fetch f(1)", "const v = await $tjulia.fetch($tjulia.spawn(() => (f(1))))"],
    ["v = @fetchfrom 2 myid()", "v = await $tjulia.fetchfrom(2, () => (myid()))"],
    ["const t = @async f(1)", "const t = $tjulia.task(() => (f(1)))"],
    ["c ? @spawn a : @spawn b", "c ? $tjulia.spawn(() => (a)) : $tjulia.spawn(() => (b))"],
    ["f(@spawn x => x + 1, 2)", "f($tjulia.spawn(() => (x => x + 1)), 2)"],
    ["@spawn @fetchfrom 3 g()", "$tjulia.spawn(() => ($tjulia.fetchfrom(3, () => (g()))))"],
    ["@spawn a\n@spawn b", "$tjulia.spawn(() => (a))\n$tjulia.spawn(() => (b))"],
    ["@spawn (a, b)", "$tjulia.spawn(() => ((a, b)))"],
    ["f(@fetch 1)", "f($tjulia.fetch($tjulia.spawn(() => (1))))"],
    ["const r = 1 + @spawn 2", "const r = 1 + $tjulia.spawn(() => (2))"],
  ])("%s", (source, code) => expect(expanded(source)).toBe(code));
});

describe("blocks and statements as arguments have the value of their last expression", () => {
  test.each([
    ["@spawnat 2 { const a = 1; a + 1 }", "$tjulia.spawnat(2, () => { const a = 1; return (a + 1) })"],
    ["@spawn { if (a) 1; else { 2 } }", "$tjulia.spawn(() => { if (a) return (1); else { return (2) } })"],
    ["@async { try { f() } catch { 0 } }", "$tjulia.task(() => { try { return (f()) } catch { return (0) } })"],
    ["@async while (true) await step()", "$tjulia.task(async () => { while (true) await step() })"],
    ["@spawnat 2 throw new Error('x')", "$tjulia.spawnat(2, () => { throw new Error('x') })"],
    ["@spawn { f(); return 3 }", "$tjulia.spawn(() => { f(); return 3 })"],
    ["@spawn {a: 1, b}", "$tjulia.spawn(() => ({a: 1, b}))"],
    ["@spawn {...a}", "$tjulia.spawn(() => ({...a}))"],
    ["@spawn {a, b}", "$tjulia.spawn(() => ({a, b}))"],
    ["@spawn { f(x) }", "$tjulia.spawn(() => { return (f(x)) })"],
    [
      "x = @sync { @async a(); @async b() }",
      "x = await $tjulia.sync(() => { $tjulia.task(() => (a())); return ($tjulia.task(() => (b()))) })",
    ],
  ])("%s", (source, code) => expect(expanded(source)).toBe(code));
});

describe("a macro that is a statement is waited for where Julia's would block", () => {
  test.each([
    ["@sync f()", "await $tjulia.sync(() => (f()))"],
    [
      "const a: Map<k, v> = @time f(), b = @time g()",
      "const a: Map<k, v> = await $tjulia.time(() => (f())), b = await $tjulia.time(() => (g()))",
    ],
    ["a.b = @time f()", "a.b = await $tjulia.time(() => (f()))"],
    ["n += @time f()", "n += await $tjulia.time(() => (f()))"],
    [
      "@everywhere [2] n = @time f()",
      'await $tjulia.everywhere([2], ["n"], async () => { $tjulia.names("n"); n = await $tjulia.time(() => (f())) })',
    ],
    ["const g = () => (x = @time f())", "const g = () => (x = $tjulia.time(() => (f())))"],
    ["const g = () => x = @time f()", "const g = () => x = $tjulia.time(() => (f()))"],
    ["const { a = @time f() } = o", "const { a = $tjulia.time(() => (f())) } = o"],
    ["function g() { const a = @time f() }", "function g() { const a = $tjulia.time(() => (f())) }"],
    ["@fetch f()", "await $tjulia.fetch($tjulia.spawn(() => (f())))"],
    ["@spawn f()", "$tjulia.spawn(() => (f()))"],
    ["@time f()", "await $tjulia.time(() => (f()))"],
    [
      "if (a) @sync f(); else @sync g()",
      "if (a) await $tjulia.sync(() => (f())); else await $tjulia.sync(() => (g()))",
    ],
    ["for (const x of y) { @sync f(x) }", "for (const x of y) { await $tjulia.sync(() => (f(x))) }"],
    ["function f() { @sync g() }", "function f() { $tjulia.sync(() => (g())) }"],
    ["xs.map((x) => { @sync g() })", "xs.map((x) => { $tjulia.sync(() => (g())) })"],
    ["({ m() { @sync g() } })", "({ m() { $tjulia.sync(() => (g())) } })"],
    [
      "@sync {\n @sync a()\n b()\n}",
      "await $tjulia.sync(async () => {\n await $tjulia.sync(() => (a()))\n return (b())\n})",
    ],
    ["@sync @sync a()", "await $tjulia.sync(() => ($tjulia.sync(() => (a()))))"],
  ])("%s", (source, code) => expect(expanded(source)).toBe(code));
});

describe("@everywhere", () => {
  const names = (...all: string[]) => all.map((name) => JSON.stringify(name)).join(", ");
  const call = (list: string[], body: string, where = "undefined", isAsync = "") =>
    `await $tjulia.everywhere(${where}, [${names(...list)}], ${isAsync}() => { ${list.length ? `$tjulia.names(${names(...list)}); ` : ""}${body} })`;
  test.each([
    ["@everywhere f()", call([], "f()")],
    ["@everywhere id = myid()", call(["id"], "id = myid()")],
    ["@everywhere a = b = 1;", `${call(["a", "b"], "a = b = 1")};`],
    ["@everywhere a.b = 1", call([], "a.b = 1")],
    ["@everywhere [a, b] = f()", call(["a", "b"], "[a, b] = f()")],
    ["@everywhere [2,3] id = 5", call(["id"], "id = 5", "[2,3]")],
    ["@everywhere [2] (f())", call([], "(f())", "[2]")],
    ["@everywhere [2, 3].forEach(f)", call([], "[2, 3].forEach(f)")],
    ["@everywhere workers() x = 1", call(["x"], "x = 1", "workers()")],
    ["@everywhere workers().forEach(f)", call([], "workers().forEach(f)")],
    ["@everywhere const y: number = x + 1", call(["y"], ";(y = x + 1);")],
    ["@everywhere let a, b: Map<string, number[]> = new Map()", call(["a", "b"], ";(a = undefined, b = new Map());")],
    ["@everywhere const {a, b: [c = 1], ...d} = o", call(["a", "c", "d"], ";({a, b: [c = 1], ...d} = o);")],
    [
      "@everywhere function g(x: number): number { return x }",
      call(["g"], ";g = function g(x: number): number { return x };"),
    ],
    ["@everywhere async function* g() {}", call(["g"], ";g = async function* g() {};")],
    ["@everywhere class P extends Q<R> { x = 1 }", call(["P"], ";P = class P extends Q<R> { x = 1 };")],
    ["@everywhere enum E { A }", call(["E"], "enum E { A };globalThis.E = E;")],
    ["@everywhere type T = { a: number }", call([], "type T = { a: number }")],
    [
      "@everywhere import { a, b as c, type T } from 'm'",
      call(["a", "c"], `;({ a, "b": c } = await import('m'));`, "undefined", "async "),
    ],
    [
      "@everywhere import d, * as ns from 'm'",
      call(["d", "ns"], `;(ns = await import('m'), { "default": d } = ns);`, "undefined", "async "),
    ],
    ["@everywhere import 'm'", call([], ";(await import('m'));", "undefined", "async ")],
    [
      "@everywhere import j from './j.json' with { type: 'json' }",
      call(
        ["j"],
        `;({ "default": j } = await import('./j.json', { with: { type : 'json' } }));`,
        "undefined",
        "async ",
      ),
    ],
    [
      "@everywhere { let s = 0; for (let i = 0; i < 3; i++) s += i; t = s }",
      call(["s", "t"], ";(s = 0);; for (let i = 0; i < 3; i++) s += i; t = s"),
    ],
    ["@everywhere { go(); function go() {} }", call(["go"], "globalThis.go = go; go(); function go() {}")],
    ["@everywhere await f()", call([], "await f()", "undefined", "async ")],
  ])("%s", (source, code) => expect(expanded(source)).toBe(code));

  test("inside an expression its statement ends where the expression does", () => {
    expect(expanded("const p = [@everywhere x = 1, 2]")).toBe(
      'const p = [$tjulia.everywhere(undefined, ["x"], () => { $tjulia.names("x"); x = 1 }), 2]',
    );
  });
});

describe("@parallel", () => {
  test.each([
    [
      "@parallel (+) for (let i = 0; i < 2e8; i++) Math.random() < 0.5 ? 1 : 0",
      'await $tjulia.parallel("+", $tjulia.range(0, 2e8), (i) => (Math.random() < 0.5 ? 1 : 0))',
    ],
    ["n = @parallel (+) for (const i of range(10)) i", 'n = await $tjulia.parallel("+", range(10), (i) => (i))'],
    ["@parallel for (const i of range(10)) { a[i] = i; }", "$tjulia.parallel(range(10), (i) => { a[i] = i; })"],
    [
      "@parallel (vcat) for (const [a, b] of m) { const c = a; c * b }",
      'await $tjulia.parallel("vcat", m, ([ a , b ]) => { const c = a; return (c * b) })',
    ],
    [
      "@parallel ((a, b) => a + b) for (const x of xs) await f(x)",
      "await $tjulia.parallel(((a, b) => a + b), xs, async (x) => (await f(x)))",
    ],
    [
      "@parallel (max) for (let i = n; i >= 0; i -= 2) f(i)",
      'await $tjulia.parallel("max", $tjulia.counting(n, ">=", 0, -(2)), (i) => (f(i)))',
    ],
    [
      "@parallel (min) for (let i = 1; i <= n; ++i) f(i)",
      'await $tjulia.parallel("min", $tjulia.counting(1, "<=", n, 1), (i) => (f(i)))',
    ],
    [
      "@parallel (&&) for (let i = 1; i < n; i = i + k) f(i)",
      'await $tjulia.parallel("&&", $tjulia.counting(1, "<", n, (k)), (i) => (f(i)))',
    ],
    [
      "@parallel for (const i of r) { if (i) continue; for (const j of i) continue; f(i) }",
      "$tjulia.parallel(r, (i) => { if (i) return; for (const j of i) continue; f(i) })",
    ],
    [
      "@parallel for (const i of r) { v = (i ? @parallel (+) for (const j of i) @parallel (+) for (const k of j) k : 0) }",
      '$tjulia.parallel(r, (i) => { v = (i ? $tjulia.parallel("+", i, (j) => ($tjulia.parallel("+", j, (k) => (k)))) : 0) })',
    ],
    ["@sync @parallel for (const i of r) f(i)", "await $tjulia.sync(() => ($tjulia.parallel(r, (i) => (f(i)))))"],
    ["[@parallel (+) for (const i of r) f(i), 2]", '[$tjulia.parallel("+", r, (i) => (f(i))), 2]'],
  ])("%s", (source, code) => expect(expanded(source)).toBe(code));
});

describe("left alone", () => {
  test.each([
    "const s = '@spawn f()' + \"@fetch\"",
    "const t = `@spawn f() ${1} @fetch`",
    "// @spawn f()\n/* @everywhere x */ f()",
    "const r = /@spawn [/@] f/g.test(x) ? a / @b : 1".replace("@b", "b"),
    "if (x) /@spawn/.test(y)",
    "@sealed class A { @log() m(@Inject() a: string) {} @time n() {} }",
    "@a.b(1) @c export default class {}",
    "@component({ a: 1 })\nabstract class B<T extends { x: 1 }> extends C<T> { @prop accessor x = 1 }",
    "x = { '@spawn': 1 }; #!/usr/bin/env",
  ])("%s", (source) => expect(expanded(source)).toBe(source));

  test("macros inside the parts of a template are macros", () => {
    expect(expanded("`@spawn ${@fetchfrom 2 f(`${1}`)} @b`")).toBe(
      "`@spawn ${$tjulia.fetchfrom(2, () => (f(`${1}`)))} @b`",
    );
  });
});

describe("TypeScript inside", () => {
  test.each([
    ["@spawn f<number>(x as any, <T>y, z!)", "$tjulia.spawn(() => (f<number>(x as any, <T>y, z!)))"],
    ["@spawn x as unknown as { a: number }[], 1", "$tjulia.spawn(() => (x as unknown as { a: number }[])), 1"],
    ["@spawn (a: number): number => a * 2", "$tjulia.spawn(() => ((a: number): number => a * 2))"],
    ["@spawn a < b, c", "$tjulia.spawn(() => (a < b)), c"],
    [
      "@sync { const f: () => void = await g() }",
      "await $tjulia.sync(async () => { const f: () => void = await g() })",
    ],
    ["@spawn <T,>(x: T) => x\nnext()", "$tjulia.spawn(() => (<T,>(x: T) => x))\nnext()"],
    ["@spawn x satisfies T | (() => void)\nnext()", "$tjulia.spawn(() => (x satisfies T | (() => void)))\nnext()"],
    ["@spawn async (x) => { await x }\n(1)", "$tjulia.spawn(() => (async (x) => { await x }))\n(1)"],
  ])("%s", (source, code) => expect(expanded(source)).toBe(code));
});

describe("wrong macros say what was expected and where", () => {
  test.each([
    ["@spawn", "expected an expression, as in: @spawn f(x), but the text ends here", 1, 7],
    ["f(@spawn )", 'expected an expression, as in: @spawn f(x), but found ")"', 1, 10],
    ["@spawnat 2", "expected an expression after the process, as in: @spawnat 2 f(x), but the text ends here", 1, 11],
    ["a\n  @spwan f()", "there is no macro @spwan; did you mean @spawn?", 2, 3],
    [
      "@parallel (+) fr (x)",
      'expected a loop, as in: @parallel (+) for (const i of range(10)) f(i), but found "fr"',
      1,
      15,
    ],
    ["@parallel + for (const x of y) x", 'expected the reducer in parentheses, (+), but found "+"', 1, 11],
    ["@parallel (+) for (let i = 0; i < 3; i--) 1", "i moves away from its end, the loop would never end", 1, 38],
    ["@parallel (+) for (const k in o) k", 'loop over the keys with "of": for (const key of Object.keys(x))', 1, 28],
    ["@parallel for (const x of y) { break }", "break cannot leave a loop whose turns run on several processes", 1, 32],
    [
      "@async const x = 3",
      'a declaration has no value to work on; put the macro behind the "=": const x = @async …',
      1,
      8,
    ],
    ["@sync begin\n f()\nend", 'expected a block in braces, @sync { … }, but found "begin"', 1, 7],
    ["@spawn { a", "nothing closes this {", 1, 8],
    ["@spawn a ? b", 'expected the ":" of a conditional expression, but the text ends here', 1, 13],
  ])("%s", (source, message, line, column) => {
    expect(failure(source)).toMatchObject({ message, line, column, name: "SyntaxError" });
  });

  test("a text that ends too early is told from a wrong one", () => {
    expect(failure("@spawn").incomplete).toBe(true);
    expect(failure("@sync {\n f(").incomplete).toBe(true);
    expect(failure("@parallel (+) for (const i of r)").incomplete).toBe(true);
    expect(failure("@spawn )").incomplete).toBe(false);
  });
});
