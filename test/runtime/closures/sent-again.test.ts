// Of all functions that are made at one place and go into calls, one is looked into; the others give their variables themselves.
import { expect, test } from "vitest";
import { driverJson } from "../../support/run-driver.ts";

const driver = `
  import { Session } from "node:inspector";
  let looks = 0;
  const { post } = Session.prototype;
  Session.prototype.post = function (...args) {
    if (args[0] === "Runtime.evaluate") looks++;
    return post.apply(this, args);
  };

  const k = 3;
  let later = 0;
  const results: Record<string, unknown> = {};
  /** What \`send\` gives for 0, 1 and 2, and how often functions were looked into after the first. */
  async function see(name: string, send: (i: number) => unknown) {
    const given = [await send(0)];
    const before = looks;
    given.push(await send(1), await send(2));
    results[name] = [given.join(" "), looks - before];
  }

  const adder = (a: number, b: { n: number }) => () => a + b.n + k;
  function double(a: number) { const inner = async () => a * 2; return inner; }
  function triple(a: number) { function three() { return a * 3; } return three; }
  function* countTo(n: number) { for (let i = 0; i < n; i++) yield i; }
  const on2 = <T>(f: (x: number) => T, x = 0) => remotecallFetch(2, f, x);
  function twice(f: (x: number) => number) { return on2(f, 10); }
  const held = { make: (a: number) => () => a };

  await see("in the call", (i) => remotecallFetch(2, () => i + k));
  await see("a variable", (i) => { const f = () => i + k; return remotecallFetch(2, f).then((x) => x + f.name); });
  await see("made by an arrow", (i) => remotecallFetch(2, adder(i, { n: i })));
  await see("made and kept in a variable", (i) => { const f = adder(i, { n: 1 }); return remotecallFetch(2, f); });
  await see("made by a function", (i) => remotecallFetch(2, double(i)));
  await see("a function with a statement of its own", (i) => remotecallFetch(2, triple(i)));
  await see("handed on by a function", (i) => on2((x) => x + i, 5));
  await see("handed on twice", (i) => twice((x) => x * i));
  await see("a generator", (i) => remotecallFetch(2, () => [...countTo(i)].length));
  await see("recursion", (i) => { const down = (n: number): number => (n > 0 ? down(n - 1) : i); return remotecallFetch(2, down, 4); });
  await see("values of the moment", (i) => { let n = i; const f = () => n; n += 10; return remotecallFetch(2, f); });
  await see("of the module", (i) => { later = i * 7; return remotecallFetch(2, () => later); });
  await see("a name that becomes another function", (i) => {
    let f = () => i;
    f = ((g) => () => g() + 100)(f);
    return remotecallFetch(2, f);
  });
  await see("a statement whose name becomes another function", (i) => {
    f = ((g) => () => g() + 100)(f);
    function f() { return i; }
    return remotecallFetch(2, f);
  });
  await see("through what nobody follows", (i) => remotecallFetch(2, held.make(i)));
  console.log(JSON.stringify({ results, same: Reflect.ownKeys(adder(1, { n: 1 })).join(" "), text: String(adder(1, { n: 1 })) }));
`;

test("functions that go into calls give their variables", async () => {
  const { results, same, text } = await driverJson<{
    results: Record<string, [string, number]>;
    same: string;
    text: string;
  }>(driver, { workers: 1 });
  const looked = Object.entries(results).filter(([, [, looks]]) => looks > 0);
  expect(looked.map(([name]) => name)).toEqual([
    "a name that becomes another function",
    "a statement whose name becomes another function",
    "through what nobody follows",
  ]);
  expect(Object.fromEntries(Object.entries(results).map(([name, [given]]) => [name, given]))).toEqual({
    "in the call": "3 4 5",
    "a variable": "3f 4f 5f",
    "made by an arrow": "3 5 7",
    "made and kept in a variable": "4 5 6",
    "made by a function": "0 2 4",
    "a function with a statement of its own": "0 3 6",
    "handed on by a function": "5 6 7",
    "handed on twice": "0 10 20",
    "a generator": "0 1 2",
    recursion: "0 1 2",
    "values of the moment": "10 11 12",
    "of the module": "0 7 14",
    "a name that becomes another function": "100 101 102",
    "a statement whose name becomes another function": "100 101 102",
    "through what nobody follows": "0 1 2",
  });
  expect({ same, text }).toEqual({ same: "length name", text: "() => a + b.n + k" });
});
