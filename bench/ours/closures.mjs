// What functions cost to send, and how fast they run: a driver, run as `tjl -p 1 closures.mjs <what>`. Prints {"value": …}.
import { double } from "./work.mjs";

const [what] = process.argv.slice(2);
const [first] = workers();
const rounds = 2000;

/** µs that the sending part of `send` takes, each call answered before the next; `send` gives [ms, answer]. */
async function perCall(send) {
  const times = [];
  for (let i = 0; i < rounds + 500; i++) {
    const [ms, answer] = send(i);
    await answer;
    if (i >= 500) times.push(ms * 1000);
  }
  return times.sort((a, b) => a - b)[rounds / 2];
}

function timed(call) {
  const from = performance.now();
  const answer = call();
  return [performance.now() - from, answer];
}

const moduleFunction = () => perCall((i) => timed(() => remotecallFetch(first, double, i)));

/** A loop that captures two variables. */
function hotLoop(p, counts) {
  return () => {
    let hits = 0;
    let x = 1;
    const from = performance.now();
    for (let i = 0; i < 5e7; i++) {
      x = (x * 16807) % 2147483647;
      if (x < p) hits += counts.step;
    }
    return { ms: performance.now() - from, hits };
  };
}

const measures = {
  /** ms of the first capture of a closure in this process, the parser's load included. */
  async first() {
    const a = 1;
    const b = { n: 2 };
    await remotecallFetch(first, double, 1);
    const [ms, answer] = timed(() => remotecallFetch(first, () => a + b.n));
    await answer;
    return ms;
  },
  /** µs that a closure with two variables takes more to send than a function of a module; a new one with new values each time. */
  async again() {
    const closure = await perCall((i) => {
      const a = i;
      const b = { n: i };
      return timed(() => remotecallFetch(first, () => a + b.n));
    });
    return closure - (await moduleFunction());
  },
  async elsewhere() {
    const make = (a, b) => () => a + b.n;
    const closure = await perCall((i) => {
      const f = make(i, { n: i });
      return timed(() => remotecallFetch(first, f));
    });
    return closure - (await moduleFunction());
  },
  async looked() {
    const makers = { make: (a, b) => () => a + b.n };
    const closure = await perCall((i) => {
      const f = makers.make(i, { n: i });
      return timed(() => remotecallFetch(first, f));
    });
    return closure - (await moduleFunction());
  },
  async same() {
    const f = (x) => double(x) + 1;
    const closure = await perCall((i) => timed(() => remotecallFetch(first, f, i)));
    return closure - (await moduleFunction());
  },
  hot: async () => (await remotecallFetch(first, hotLoop(2 ** 30, { step: 1 }))).ms,
  original: () => hotLoop(2 ** 30, { step: 1 })().ms,
};

console.log(JSON.stringify({ value: await measures[what]() }));
