import { expect, it } from "vitest";
import { SerializationError } from "../../../src/errors.ts";
import { copyBody } from "../../../src/runtime/wire/body.ts";
import { encodeValue, openBody, registerExtension } from "../../../src/runtime/wire/codec.ts";
import type { Decoder, Encoder } from "../../../src/runtime/wire/extension.ts";
import { peer, sent } from "./sent.ts";

/** A node with a name and links: what a class instance is to the codec. */
class Node {
  readonly name: string;
  links: unknown[] = [];
  constructor(name: string) {
    this.name = name;
  }
}

/** A value that can be made only when its parts are there, as an arrow function can; cycles need `made`. */
class Sealed {
  readonly parts: Record<string, unknown>;
  ledBack = false;
  constructor(parts: Record<string, unknown>) {
    this.parts = parts;
  }
}

class Stack extends Array<unknown> {
  note = "";
}
class Table extends Map<string, unknown> {
  note = "";
}
class Failure extends RangeError {
  detail = 1;
}
class Samples extends Float64Array {}
const classes = [Stack, Table, Failure, Samples];

const arrivals: unknown[] = [];
const committed: string[] = [];

registerExtension<Node>({
  tag: "node",
  matches: (value): value is Node => value instanceof Node,
  encode(node, encoder) {
    encoder.onCommit(() => committed.push(node.name));
    encoder.ahead("node", "code", "the code of nodes");
    encoder.need("file:///nodes.ts");
    if (node.name === "odd \ud800") return [node.name, []];
    return [node.name, node.links.map((link, i) => encoder.put(link, `link ${i}`))];
  },
  arrived: (data) => void arrivals.push(data),
  decode(payload, decoder) {
    const [name, links] = payload as [string, unknown[]];
    const node = new Node(name);
    decoder.made(node);
    decoder.later(() => {
      node.links = links.map((slot) => decoder.get(slot));
    });
    return node;
  },
});

registerExtension<Sealed>({
  tag: "sealed",
  matches: (value): value is Sealed => value instanceof Sealed,
  encode(sealed, encoder: Encoder) {
    const parts: Record<string, unknown> = {};
    for (const [key, part] of Object.entries(sealed.parts)) {
      const error = encoder.try(() => {
        parts[key] = encoder.put(part, key);
      });
      if (error) parts[key] = error.message;
    }
    return [encoder.leadsBack(), parts];
  },
  decode(payload, decoder: Decoder) {
    const [ledBack, slots] = payload as [boolean, Record<string, unknown>];
    const decode = () => Object.fromEntries(Object.entries(slots).map(([key, slot]) => [key, decoder.get(slot)]));
    if (!ledBack) return new Sealed(decode());
    const sealed = new Sealed({});
    sealed.ledBack = true;
    decoder.made(sealed);
    Object.assign(sealed.parts, decode());
    return sealed;
  },
});

registerExtension<object>({
  tag: "sub",
  matches: (value): value is object => classes.some((c) => Object.getPrototypeOf(value) === c.prototype),
  encode(value, encoder) {
    const fields = Object.keys(value).filter((key) => !/^\d+$/.test(key));
    const slots = fields.map((key) => [key, encoder.put((value as Record<string, unknown>)[key], `.${key}`)]);
    return [classes.findIndex((c) => c.prototype === Object.getPrototypeOf(value)), encoder.base(value), slots];
  },
  decode(payload, decoder) {
    const [index, base, fields] = payload as [number, unknown, [string, unknown][]];
    const value = decoder.base(base);
    Object.setPrototypeOf(value, (classes[index] as { prototype: object }).prototype);
    decoder.made(value);
    for (const [key, slot] of fields) (value as Record<string, unknown>)[key] = decoder.get(slot);
    return value;
  },
});

it("links in a circle come back as a circle", () => {
  const a = new Node("a");
  const b = new Node("b");
  a.links = [b, { a }];
  b.links = [a, new Map([[a, b]])];
  const copy = sent(a);
  expect(copy).toBeInstanceOf(Node);
  const other = copy.links[0] as Node;
  expect(other.links[0]).toBe(copy);
  expect((copy.links[1] as { a: Node }).a).toBe(copy);
  expect((other.links[1] as Map<unknown, unknown>).get(copy)).toBe(other);
});

it("a chain of twenty thousand values is no trouble", () => {
  let chain: Node | undefined;
  for (let i = 0; i < 20_000; i++) {
    const node = new Node("n");
    node.links = [{ chain }];
    chain = node;
  }
  let length = 0;
  for (let at: unknown = sent(chain); at !== undefined; at = ((at as Node).links[0] as { chain: unknown }).chain)
    length++;
  expect(length).toBe(20_000);
});

it("modules are named, and what goes ahead arrives first, once a message", () => {
  arrivals.length = 0;
  committed.length = 0;
  const encoded = encodeValue([new Node("x"), new Node("y")], peer);
  expect(committed).toEqual([]);
  encoded.commit();
  expect(committed.sort()).toEqual(["x", "y"]);
  const opened = openBody(encoded.flags, copyBody(encoded.body), [], peer);
  expect(opened.needs).toEqual(["file:///nodes.ts"]);
  expect(arrivals).toEqual(["the code of nodes"]);
  expect((opened.read() as Node[]).map((node) => node.name)).toEqual(["x", "y"]);
});

it("a payload that msgpack cannot carry travels all the same", () => {
  expect(sent(new Node("odd \ud800")).name).toBe("odd \ud800");
});

it("parts are complete before a value is made of them", () => {
  const inner = { list: [1, { deep: new Map([["k", new Sealed({ x: [1] })]]) }] };
  const copy = sent(new Sealed({ inner, again: inner }));
  expect(copy.ledBack).toBe(false);
  expect(copy.parts.inner).toEqual(inner);
  expect(copy.parts.again).toBe(copy.parts.inner);
});

it("a value that its parts lead back to is made first", () => {
  const table: Record<string, unknown> = {};
  const sealed = new Sealed({ table, other: new Sealed({ table }) });
  table.sealed = [sealed];
  const copy = sent({ x: table, sealed }).sealed;
  expect(copy.ledBack).toBe(true);
  expect((copy.parts.table as { sealed: unknown[] }).sealed[0]).toBe(copy);
  const straight = sent([new Sealed({ table: { a: 1 } }), sealed]);
  expect(straight.map((one) => one.ledBack)).toEqual([false, true]);
});

it("a value that leads to a circle it is not part of need not be made first", () => {
  const table: Record<string, unknown> = {};
  const sealed = new Sealed({ table });
  table.sealed = sealed;
  const copy = sent([new Sealed({ sealed }), sealed]);
  expect(copy.map((one) => one.ledBack)).toEqual([false, true]);
});

it("what cannot travel is rolled back with all that hung on it", () => {
  committed.length = 0;
  const good = { a: 1 };
  const bad = { good, node: new Node("never sent"), buffer: new Float64Array(5000), list: [{ deep: new WeakMap() }] };
  const value = new Sealed({ bad, good });
  const encoded = encodeValue([good, value], peer, "it");
  expect(encoded.segments.length).toBe(0);
  encoded.commit();
  expect(committed).toEqual([]);
  const opened = openBody(encoded.flags, copyBody(encoded.body), [], peer);
  expect(opened.needs).toEqual([]);
  const [first, copy] = opened.read() as [object, Sealed];
  expect(copy.parts.good).toBe(first);
  expect(copy.parts.bad).toBe(
    "cannot send it -> [1] -> bad -> .list -> [0] -> .deep: a WeakMap is tied to this process; use a Map",
  );
});

it("classes that extend a built-in keep what it holds", () => {
  const stack = Stack.from([1, [2]]) as Stack;
  stack.note = "s";
  const table = new Table([["self", 1]]);
  table.set("self", table);
  const failure = new Failure("no", { cause: stack });
  const samples = Samples.from([1.5, 2.5]);
  const large = Samples.from({ length: 1000 }, () => 0.5);
  const copy = sent({ stack, table, failure, samples, large });
  expect(copy.stack).toBeInstanceOf(Stack);
  expect([copy.stack.length, copy.stack.note, copy.stack[1]]).toEqual([2, "s", [2]]);
  expect(copy.table).toBeInstanceOf(Table);
  expect(copy.table.get("self")).toBe(copy.table);
  expect(copy.failure).toBeInstanceOf(Failure);
  expect([copy.failure.message, copy.failure.stack, copy.failure.detail]).toEqual(["no", failure.stack, 1]);
  expect(copy.failure.cause).toBe(copy.stack);
  expect(copy.samples).toBeInstanceOf(Samples);
  expect([...copy.samples, copy.large.length, copy.large[999]]).toEqual([1.5, 2.5, 1000, 0.5]);
});

it("a tag may be taken once", () => {
  const again = {
    tag: "node",
    matches: (v: object): v is Node => v instanceof Node,
    encode: () => null,
    decode: () => new Node(""),
  };
  expect(() => registerExtension(again)).toThrow(/registered twice/);
});

it("an error in a user's own code is not taken for a refusal", () => {
  const broken = new Node("x");
  Object.defineProperty(broken, "links", {
    get() {
      throw new TypeError("my own");
    },
  });
  expect(() => encodeValue(broken, peer)).toThrow(TypeError);
  expect(() => encodeValue(broken, peer)).not.toThrow(SerializationError);
});
