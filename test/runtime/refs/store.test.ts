import fc from "fast-check";
import { expect, test } from "vitest";
import { changeHold, dropHolder, findSlot, slotCount, slotOf } from "../../../src/runtime/refs/store.ts";

let id = 0;

test("a value is freed when the last holder lets go, and then refused", async () => {
  id += 1;
  changeHold(9, id, 9, 1);
  await slotOf(9, id).put("value");
  changeHold(9, id, 3, 1);
  changeHold(9, id, 9, -1);
  expect(findSlot(9, id)?.peek).toBe("value");
  changeHold(9, id, 3, -1);
  expect(findSlot(9, id)).toBeUndefined();
  expect(() => slotOf(9, id)).toThrow("has been freed");
});

test("a release may overtake the news of its hold", () => {
  id += 1;
  changeHold(9, id, 1, 1);
  changeHold(9, id, 4, -1);
  changeHold(9, id, 1, -1);
  expect(findSlot(9, id)).toBeDefined();
  changeHold(9, id, 4, 1);
  expect(findSlot(9, id)).toBeUndefined();
});

test("in whatever order holds and releases arrive, nothing is left and nothing is freed early", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 3 })), { maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      (transfers, choices) => {
        id += 1;
        changeHold(9, id, 1, 1);
        const news = transfers.flatMap(([pid, n]) => [
          ...Array.from({ length: n }, () => [pid, 1] as const),
          [pid, -n] as const,
        ]);
        while (news.length > 0) {
          const at = (choices.next().value as number) % news.length;
          const [change] = news.splice(at, 1);
          if (change) changeHold(9, id, change[0], change[1]);
          expect(findSlot(9, id)).toBeDefined();
        }
        changeHold(9, id, 1, -1);
        expect(findSlot(9, id)).toBeUndefined();
      },
    ),
  );
});

test("a process that ended holds nothing, also not by late news", () => {
  id += 1;
  const before = slotCount();
  changeHold(9, id, 77, 1);
  dropHolder(77);
  expect(slotCount()).toBe(before);
  id += 1;
  changeHold(9, id, 1, 1);
  changeHold(9, id, 77, 1);
  changeHold(9, id, 1, -1);
  expect(slotCount()).toBe(before);
});
