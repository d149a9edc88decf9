/** Many streams over one pair of pipes: contents, order, ends, and that a slow reader holds up nobody else. */
import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Mux } from "../../src/managers/agent/mux.ts";

function pair(): { a: Mux; b: Mux; heard: unknown[]; closed: string[]; cut(): void } {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const heard: unknown[] = [];
  const closed: string[] = [];
  const a = new Mux(back, there, { message: (m) => heard.push(["a", m]), closed: () => closed.push("a") });
  const b = new Mux(there, back, { message: (m) => heard.push(["b", m]), closed: () => closed.push("b") });
  return { a, b, heard, closed, cut: () => void [there, back].map((pipe) => pipe.destroy()) };
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}

test("messages go both ways, in order with the streams", async () => {
  const { a, b, heard } = pair();
  a.send({ op: "one" });
  b.send([2, "zwei"]);
  await turn();
  expect(heard).toContainEqual(["a", [2, "zwei"]]);
  expect(heard).toContainEqual(["b", { op: "one" }]);
});

test("any contents of any number of streams arrive whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat({ max: 300_000 }), { maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      async (streams) => {
        const { a, b } = pair();
        const texts = streams.map((sizes, n) => sizes.map((size) => String.fromCharCode(97 + n).repeat(size)));
        const read = texts.map((_, n) => textOf(b.stream(n)));
        const back = texts.map((_, n) => textOf(a.stream(n)));
        texts.forEach((pieces, n) => {
          for (const piece of pieces) a.stream(n).write(Buffer.from(piece));
          a.stream(n).end();
          b.stream(n).end(Buffer.from(`back ${n}`));
        });
        expect(await Promise.all(read)).toEqual(texts.map((pieces) => pieces.join("")));
        expect(await Promise.all(back)).toEqual(texts.map((_, n) => `back ${n}`));
      },
    ),
    { numRuns: 30 },
  );
});

test("a stream that nobody reads stops its writer after its window, and nobody else", async () => {
  const { a, b } = pair();
  const slow = b.stream(1);
  const megabytes = 8;
  let written = 0;
  const writer = a.stream(1);
  const feed = (async () => {
    for (let i = 0; i < megabytes * 16; i++) {
      await new Promise<void>((resolve) => writer.write(Buffer.alloc(65536), () => resolve()));
      written++;
    }
    writer.end();
  })();
  const quick = textOf(b.stream(2));
  a.stream(2).end(Buffer.alloc(3_000_000, "q"));
  expect((await quick).length).toBe(3_000_000);
  expect(written * 65536).toBeLessThanOrEqual((1 << 20) + 65536);
  expect((await textOf(slow)).length).toBe(megabytes << 20);
  await feed;
});

test("a destroyed stream ends at the other side, the others live on", async () => {
  const { a, b } = pair();
  const [here, there] = [a.stream(1), b.stream(1)];
  const closed = new Promise((resolve) => there.once("close", resolve));
  here.destroy();
  await closed;
  const other = textOf(b.stream(2));
  a.stream(2).end("still here");
  expect(await other).toBe("still here");
});

test("when the pipes go, every stream goes and each side is told once", async () => {
  const { a, b, closed, cut } = pair();
  const streams = [a.stream(1), b.stream(1), b.stream(2)];
  const ends = Promise.all(streams.map((s) => new Promise((resolve) => s.once("close", resolve))));
  cut();
  await ends;
  expect(closed.sort()).toEqual(["a", "b"]);
  expect(a.stream(9).destroyed).toBe(true);
  a.send("into the void");
});

test("nonsense from the other end closes, and takes no memory", async () => {
  const input = new PassThrough();
  let error: Error | undefined;
  const closed = (e?: Error) => {
    error = e;
  };
  new Mux(input, new PassThrough(), { message: () => {}, closed });
  input.write(Buffer.alloc(64, 0xff));
  await turn();
  expect(error?.message).toContain("makes no sense");
});
