import { expect, it } from "vitest";
import { WakePoll } from "../../../src/runtime/wire/wake-poll.ts";

/** A clock and an event loop in which a look takes 2 µs, and answers come when `wait` says. */
class World {
  now = 0;
  looks = 0;
  readonly poll: WakePoll;
  #pending: (() => void) | undefined;

  constructor(cores = 2) {
    const soon = (look: () => void) => {
      this.#pending = look;
    };
    this.poll = new WakePoll(cores, () => this.now, soon);
  }

  /** One request and its answer, which takes `polled` ms when the loop is awake and `slept` ms when it sleeps. */
  wait(slept: number, polled: number, look = 0.002): void {
    this.poll.expectSoon();
    const from = this.now;
    while (this.#pending !== undefined && this.now - from < polled) this.#turn(look);
    if (this.#pending === undefined) this.now = from + slept;
    this.poll.arrived();
  }

  #turn(look: number): void {
    const pending = this.#pending;
    this.#pending = undefined;
    this.now += look;
    this.looks++;
    pending?.();
  }

  /** How many of `count` waits were watched. */
  watched(count: number, slept: number, polled: number, look?: number): number {
    let watched = 0;
    for (let i = 0; i < count; i++) {
      const before = this.looks;
      this.wait(slept, polled, look);
      if (this.looks > before) watched++;
    }
    return watched;
  }
}

it("watches where that is quicker", () => {
  const world = new World();
  world.watched(200, 0.06, 0.01);
  expect(world.watched(10_000, 0.06, 0.01)).toBeGreaterThan(9_000);
});

it("sleeps where watching gains nothing, and tries again ever more rarely", () => {
  const world = new World();
  world.watched(1000, 0.012, 0.012);
  expect(world.watched(10_000, 0.012, 0.012)).toBeLessThan(800);
  expect(world.watched(100_000, 0.012, 0.012)).toBeLessThan(1500);
});

it("sleeps where others want the core: a look takes long", () => {
  const world = new World();
  world.watched(100, 0.06, 4, 3);
  expect(world.watched(10_000, 0.06, 4, 3)).toBeLessThan(100);
});

it("changes its mind when the machine does", () => {
  const world = new World();
  world.watched(1000, 0.06, 0.01);
  world.watched(3000, 0.012, 4, 3);
  expect(world.poll.isPolling).toBe(false);
  world.watched(20_000, 0.06, 0.01);
  expect(world.poll.isPolling).toBe(true);
});

it("watches slow answers for a short time only, and hardly at all after some", () => {
  const world = new World();
  world.watched(500, 0.06, 0.01);
  world.looks = 0;
  world.watched(3000, 50, 50);
  expect(world.looks * 0.002).toBeLessThan(5);
});

it("never watches with one core", () => {
  expect(new World(1).watched(5000, 0.06, 0.01)).toBe(0);
});
