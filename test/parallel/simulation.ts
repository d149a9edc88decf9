/** A pmap in virtual time: workers that take as long as they are told, messages that take their way, the real Schedule. */
import { type Batch, Schedule, type ScheduleOptions } from "../../src/parallel/schedule.ts";

export interface World {
  workers: number;
  /** What element `i` takes on worker `w`, ms. */
  ms: (i: number, w: number) => number;
  elements: number;
  /** Half a round trip, ms. */
  wayMs?: number;
  /** Bringing one element there, ms. */
  carryMs?: number;
  /** A worker is gone at this time; the elements there are given back. */
  dies?: { worker: number; at: number };
  /** A worker joins at this time. */
  joins?: { worker: number; at: number };
  options?: Partial<ScheduleOptions>;
}

export interface Outcome {
  /** When the last element was settled, ms. */
  makespan: number;
  batches: Batch[];
  /** How often each element was run. */
  runs: Uint8Array;
  most: { underWay: number };
}

export function simulate(world: World): Outcome {
  const { elements, wayMs = 0.05, carryMs = 0 } = world;
  const schedule = new Schedule({ batchSize: "auto", total: elements, ...world.options });
  const runs = new Uint8Array(elements);
  const batches: Batch[] = [];
  const freeAt = new Map<number, number>();
  /** When the line to a worker has carried what was sent before. */
  const carriedAt = new Map<number, number>();
  const gone = new Set<number>();
  const events: { at: number; do: () => void }[] = [];
  const most = { underWay: 0 };
  let underWay = 0;
  let now = 0;
  const at = (time: number, act: () => void) => events.push({ at: time, do: act });
  const join = (worker: number) => {
    freeAt.set(worker, now);
    schedule.addSlot(worker);
  };
  const send = (batch: Batch) => {
    batches.push(batch);
    underWay += batch.count;
    most.underWay = Math.max(most.underWay, underWay);
    const worker = batch.slot;
    const carried = Math.max(now, carriedAt.get(worker) ?? 0) + carryMs * batch.count;
    carriedAt.set(worker, carried);
    const begin = Math.max(carried + wayMs, freeAt.get(worker) ?? 0);
    let ms = 0;
    let ran = 0;
    while (ran < batch.count && ms <= batch.budgetMs) ms += world.ms(batch.first + ran++, worker);
    freeAt.set(worker, begin + ms);
    at(begin + ms + wayMs, () => {
      if (gone.has(worker)) return;
      underWay -= batch.count;
      schedule.answered(batch, ran, ms, now);
      for (let i = 0; i < ran; i++) {
        runs[batch.first + i] = (runs[batch.first + i] ?? 0) + 1;
        schedule.settle(1);
      }
    });
  };
  for (let w = 0; w < world.workers; w++) join(w);
  if (world.joins) at(world.joins.at, () => join(world.joins?.worker as number));
  if (world.dies) {
    const { worker } = world.dies;
    at(world.dies.at, () => {
      gone.add(worker);
      for (const batch of schedule.removeSlot(worker)) {
        underWay -= batch.count;
        schedule.giveBack(batch.first, batch.count);
      }
    });
  }
  for (;;) {
    for (let batch = schedule.next(now); batch; batch = schedule.next(now)) send(batch);
    if (schedule.isDone) return { makespan: now, batches, runs, most };
    events.sort((a, b) => b.at - a.at);
    const event = events.pop();
    if (!event) throw new Error("the pmap hangs: nothing is under way and it is not done");
    now = Math.max(now, event.at);
    event.do();
  }
}

/** The share of the workers' time that was work. */
export function efficiency(world: World): number {
  let work = 0;
  for (let i = 0; i < world.elements; i++) work += world.ms(i, 0);
  return work / world.workers / simulate(world).makespan;
}
