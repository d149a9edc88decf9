import fc from "fast-check";
import { Packr } from "msgpackr";
import { expect, it } from "vitest";
import { wholeBody } from "../../../src/runtime/wire/body.ts";
import { DecodeError, encodeValue, openBody } from "../../../src/runtime/wire/codec.ts";
import { Flag } from "../../../src/runtime/wire/messages.ts";
import { Entry } from "../../../src/runtime/wire/table-format.ts";
import { runs } from "./fuzz-runs.ts";
import { peer, sent } from "./sent.ts";

const packr = new Packr({ useRecords: false, variableMapSize: true });

/** What a table of these entries gives, or the class of the error. */
function read(entries: unknown, root: unknown = [0], segments: Uint8Array[] = [], needs: unknown = null): unknown {
  try {
    return openBody(Flag.TABLE, wholeBody(packr.pack([needs, root, entries, null])), segments, peer).read();
  } catch (error) {
    return (error as Error).constructor;
  }
}

const segment = Buffer.alloc(100);

const hostile: [string, unknown, Uint8Array[]?][] = [
  ["no entries", "x"],
  ["an entry that is no list", ["x"]],
  ["an unknown kind", [[99]]],
  ["an entry of nothing", [[]]],
  ["an index that is not there", [[Entry.ARRAY, [7]]]],
  ["a negative index", [[Entry.ARRAY, [-1]]]],
  ["an index of 2^53", [[Entry.ARRAY, [2 ** 53]]]],
  ["a slot of three", [[Entry.ARRAY, [1, 2, 3]]]],
  ["a slot that is a map", [[Entry.ARRAY, { a: 1 }]]],
  ["an odd slot of an unknown kind", [[Entry.ARRAY, [77, 1]]]],
  ["a key without a value", [[Entry.OBJECT, "a"]]],
  ["a key that is a number", [[Entry.OBJECT, 1, 2]]],
  ["a key that is an object", [[Entry.OBJECT, [0], 2]]],
  ["a map of one", [[Entry.MAP, 1]]],
  ["a sparse array of 2^53", [[Entry.SPARSE, 2 ** 53]]],
  ["a sparse array of half", [[Entry.SPARSE, 1.5]]],
  ["a date of text", [[Entry.DATE, "x"]]],
  ["a broken regular expression", [[Entry.REGEXP, "(", "g", 0]]],
  ["a boxed null", [[Entry.BOXED, null]]],
  ["an error of no class", [[Entry.ERROR, "constructor", 0]]],
  ["an error of an unknown class", [[Entry.ERROR, "NoSuchError", 0]]],
  ["an exception without text", [[Entry.DOM_EXCEPTION, 1, 2, 0]]],
  ["a segment that is not there", [[Entry.BUFFER, 3]], [segment]],
  [
    "a segment that two parts want",
    [
      [Entry.ARRAY, [1], [2]],
      [Entry.BUFFER, 0],
      [Entry.BUFFER, 0],
    ],
    [segment],
  ],
  ["more arguments than the stack takes", [[Entry.ARGUMENTS, ...new Array(500_000).fill(1)]]],
  ["a chain without end", Array.from({ length: 100_000 }, (_, i) => [Entry.BOXED, [i + 1]])],
  ["a segment of -1", [[Entry.BUFFER, -1]], [segment]],
  ["a resizable buffer of 2^53", [[Entry.BUFFER, 0, 2 ** 53]], [segment]],
  ["a resizable buffer smaller than it is", [[Entry.BUFFER, 0, 10]], [segment]],
  ["a view of an unknown kind", [[Entry.LONE_VIEW, 99, 0]], [segment]],
  [
    "a view that does not fit",
    [
      [Entry.VIEW, 10, 1, 0, 1000],
      [Entry.BUFFER, 0],
    ],
    [segment],
  ],
  [
    "a view at 2^53",
    [
      [Entry.VIEW, 10, 1, 2 ** 53, 1],
      [Entry.BUFFER, 0],
    ],
    [segment],
  ],
  [
    "a view that is not aligned",
    [
      [Entry.VIEW, 10, 1, 3, 1],
      [Entry.BUFFER, 0],
    ],
    [segment],
  ],
  ["a view of a view", [[Entry.VIEW, 3, 0, 0, 1]]],
  ["a view of an array", [[Entry.VIEW, 3, 1, 0, 1], [Entry.ARRAY]]],
  ["a view of an odd number of bytes", [[Entry.LONE_VIEW, 10, 0]], [Buffer.alloc(11)]],
  ["a URL that is none", [[Entry.URL, "::"]]],
  ["an extension nobody has", [[Entry.EXTENSION, "nobody", 1]]],
  ["an extension without a name", [[Entry.EXTENSION, 1, 1]]],
  ["a BigInt that is none", [[Entry.ARRAY, [1, "0x; alert(1)"]]]],
  ["a symbol nobody knows", [[Entry.ARRAY, [3, "constructor"]]]],
  ["text that is a number", [[Entry.ARRAY, [2, 5]]]],
  ["properties of nothing", [[Entry.ARRAY], [Entry.PROPERTIES, 9, "a", 1, 1, null]]],
  ["an accessor that is no function", [[Entry.OBJECT], [Entry.PROPERTIES, 0, "a", 3, 1, null]]],
  ["a root that is a property list", [[Entry.PROPERTIES, 0, "a", 1, 1, null]]],
];

for (const [name, entries, segments] of hostile) {
  it(`${name} is a DecodeError`, () => expect(read(entries, [0], segments)).toBe(DecodeError));
}

it("modules that are no text are refused", () => expect(read([], 1, [], [5])).toBe(DecodeError));

it("keys that mean something become fields", () => {
  const value = read([
    [Entry.OBJECT, "__proto__", [1], "constructor", [1]],
    [Entry.OBJECT, "polluted", true],
  ]) as object;
  expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  const plain = openBody(0, wholeBody(packr.pack(JSON.parse('{"__proto__": {"polluted": 1}}'))), [], peer).read();
  expect((plain as Record<string, unknown>).polluted).toBeUndefined();
});

it("deep nesting is an error of that message", () => {
  const deep = Buffer.alloc(1_000_000, 0x91);
  expect(() => openBody(0, wholeBody(deep), [], peer).read()).toThrow(DecodeError);
  expect(() => openBody(Flag.TABLE, wholeBody(deep), [], peer).read()).toThrow(DecodeError);
  expect(sent([1, { a: 2 }])).toEqual([1, { a: 2 }]);
});

it("counts beyond the bytes that are there allocate nothing", () => {
  const before = process.memoryUsage().heapUsed;
  for (const code of [0xdd, 0xdf, 0xc6, 0xdb, 0xc9]) {
    expect(() => openBody(0, wholeBody(Buffer.from([code, 0xff, 0xff, 0xff, 0xff, 1])), [], peer).read()).toThrow(
      DecodeError,
    );
  }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50e6);
});

it("holes take no memory", () => {
  const before = process.memoryUsage().rss;
  const arrays = Array.from({ length: 50 }, () => [Entry.SPARSE, 2 ** 25, "7", 1]);
  const value = read([[Entry.ARRAY, ...arrays.map((_, i) => [i + 1])], ...arrays]) as number[][];
  expect(value.map((array) => [array.length, array[7]])).toEqual(arrays.map(() => [2 ** 25, 1]));
  expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
});

it("arbitrary bytes give a value or an error, and leave the codec as it was", () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(fc.constantFrom(0, Flag.TABLE), bytes, (flags, data) => {
      attempt(flags, Buffer.from(data));
      expect(sent([{ a: 1 }, new Map([[1, "x"]])])).toEqual([{ a: 1 }, new Map([[1, "x"]])]);
    }),
    runs(1000),
  );
});

it("tables with any bytes changed give a value or an error", () => {
  const shared = { n: 1 };
  const value = [
    shared,
    new Map<unknown, unknown>([[shared, new Set([1])]]),
    new Date(5),
    /x/g,
    new RangeError("x"),
    Symbol.iterator,
    new Float64Array(3),
    Buffer.from("abc"),
    [2n ** 70n, -0],
    Object.assign([1], { x: 1 }),
    new URL("http://a/"),
  ];
  const { flags, body } = encodeValue(value, peer);
  const original = Buffer.from(body.bytes.subarray(body.start, body.end));
  const changes = fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(changes, fc.nat(original.length), (changed, cut) => {
      const data = Buffer.from(original.subarray(0, cut < 5 ? cut : original.length));
      for (const [at, byte] of changed) if (at < data.length) data[at] = byte;
      attempt(flags, data);
    }),
    runs(1000),
  );
});

it("an array cannot have a length that is none", () => {
  expect(read([[4, 0, "length", ":"]], [0], [])).toBe(DecodeError);
});

it("tables of any entries give a value or an error", () => {
  const part = fc.oneof(
    fc.nat(4).map((index) => [index]),
    fc.integer({ min: -2, max: 25 }),
    fc.string({ maxLength: 4 }),
    fc.constantFrom(null, undefined, -1, 2 ** 53, 1.5, "length", "__proto__", "Error", "iterator"),
    fc.tuple(fc.integer({ min: 0, max: 7 }), fc.oneof(fc.string(), fc.nat(3))),
  );
  const entry = fc
    .tuple(fc.integer({ min: 0, max: 21 }), fc.array(part, { maxLength: 6 }))
    .map(([kind, parts]) => [kind, ...parts]);
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), (entries) => {
      const result = read(entries, [0], [Buffer.alloc(64)]);
      if (typeof result === "function") expect(result).toBe(DecodeError);
    }),
    runs(2000),
  );
});

function attempt(flags: number, data: Buffer): void {
  try {
    openBody(flags, wholeBody(data), [], peer).read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}
