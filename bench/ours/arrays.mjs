// Distributed and shared arrays: a driver, run as `tjl -p n arrays.mjs <what>`. Prints {"value": …}.
import { freshArrays } from "../raw/fresh.mjs";
import { lifeRule } from "../raw/life.mjs";

const [what] = process.argv.slice(2);
const now = () => performance.now();

async function timed(action) {
  const from = now();
  await action();
  return now() - from;
}

/** The median of what `rounds` runs give. */
async function median(rounds, run) {
  const values = [];
  for (let i = 0; i < rounds; i++) values.push(await run());
  return values.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}

const size = 2 ** 23; // doubles: 64 MiB

async function gathered(d) {
  for (let i = 0; i < 3; i++) await toArray(d);
  const ms = await timed(async () => {
    for (let i = 0; i < 8; i++) await toArray(d);
  });
  return (8 * 8 * size) / 1e6 / ms;
}

const measures = {
  /** GB/s */
  gather: async () => gathered(await drand([size])),
  gatherColumns: async () => gathered(await drand([2 ** 12, 2 ** 11], workers(), [1, workers().length])),

  /** How many round trips the creation of an array takes: a trip is a call of each of its workers, at once. */
  async create() {
    const call = (pid) => remotecallFetch(pid, Math.max, 1, 2);
    const trips = async () => {
      const kept = [];
      const trip = await median(500, () => timed(() => Promise.all(workers().map(call))));
      const make = await median(200, () => timed(async () => kept.push(await dzeros([1000]))));
      await Promise.all(kept.map((d) => d.close()));
      return make / trip;
    };
    await trips();
    return median(5, trips);
  },

  /** The time of a map, of the serial map's divided by the workers. */
  async map() {
    const f = (x) => Math.sqrt(Math.sin(x) * Math.sin(x) + Math.cos(x));
    const d = await drand([2 ** 21]);
    const local = (await toArray(d)).data;
    return median(7, async () => {
      const alone = await timed(() => local.map(f));
      const here = await timed(async () => (await d.map(f)).close());
      return here / (alone / workers().length);
    });
  },

  /** How many times as fast as in one process, in the middle of 9 turns of five steps each. */
  async life() {
    const n = 2000;
    const cells = zeros(n, n, { dtype: "uint8" });
    for (let i = 0; i < n * n; i++) cells.data[i] = Math.random() < 0.35 ? 1 : 0;
    let alone = cells;
    let world = await distribute(cells, workers(), [workers().length, 1]);
    const step = async () => {
      const next = await lifeStep(world);
      await world.close();
      world = next;
    };
    const serially = () => {
      alone = serialStep(alone, n);
    };
    // The heaps of the workers take some twenty steps to reach their size.
    for (let i = 0; i < 20; i++) {
      await step();
      serially();
    }
    if (!(await world.equals(alone))) throw new Error("the worlds differ");
    // Some steps of a kind after each other, as a program makes them: what one kind leaves to be tidied up is not the other's.
    return median(9, async () => (await median(5, () => timed(serially))) / (await median(5, () => timed(step))));
  },

  /** ms to touch the pages of fresh arrays, on a worker. */
  fresh: () => remotecallFetch(workers()[0], freshArrays),

  /** The time of a loop over shared memory, of the same loop over a plain typed array. */
  async sharedLoop() {
    const count = 4_000_000;
    const plain = new Float64Array(count).fill(1.5);
    const shared = (await sharedArray("float64", [count])).fill(1.5).data;
    const loop = (array) => {
      let sum = 0;
      for (let i = 0; i < array.length; i++) {
        sum += array[i];
        array[i] = sum * 1e-9;
      }
      return sum;
    };
    const best = { plain: Number.POSITIVE_INFINITY, shared: Number.POSITIVE_INFINITY };
    for (let i = 0; i < 60; i++) {
      for (const [name, array] of Object.entries({ plain, shared })) {
        best[name] = Math.min(best[name], await timed(() => loop(array)));
      }
    }
    return best.shared / best.plain;
  },
};

/** life_step of Julia's manual, for bands of whole rows: the rows above and below come from the neighbours. */
function lifeStep(world) {
  const [m, n] = world.dims;
  return darray(
    async ([rows]) => {
      const old = zeros(rows.length + 2, n + 2, { dtype: "uint8" });
      const inside = range(1, n + 1);
      await Promise.all([
        setindex(old, world.view((rows.start - 1 + m) % m, ":"), 0, inside),
        setindex(old, world.view(rows.stop % m, ":"), rows.length + 1, inside),
        setindex(old, world.view(rows, ":"), range(1, rows.length + 1), inside),
      ]);
      return lifeNext(old, rows.length, n);
    },
    world.dims,
    world.pids,
    world.dist,
  );
}

function serialStep(cells, n) {
  const old = zeros(n + 2, n + 2, { dtype: "uint8" });
  for (let y = 0; y < n + 2; y++) {
    const from = ((y - 1 + n) % n) * n;
    old.data.set(cells.data.subarray(from, from + n), y * (n + 2) + 1);
  }
  return lifeNext(old, n, n);
}

function lifeNext(old, m, n) {
  const next = zeros(m, n, { dtype: "uint8" });
  lifeRule(old.data, next.data, m, n);
  return next;
}

console.log(JSON.stringify({ value: await measures[what]() }));
