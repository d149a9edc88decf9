// The CPU time that a worker spends on calls which could be stopped. Prints {"value": …}.
const [what] = process.argv.slice(2);
const [first] = workers();

/** About 2 ms of work that no optimiser takes away. */
function work(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.sqrt(i ^ sum);
  return sum;
}

function increment(x) {
  return x + 1;
}

const cpu = () => remotecallFetch(first, () => process.cpuUsage()).then(({ user, system }) => (user + system) / 1000);
const calls = 300;
const size = 400_000;

async function perCall(count, unitsPerMs, call) {
  for (let i = 0; i < 1500; i++) await call(i, true);
  const before = await cpu();
  for (let i = 0; i < count; i++) await call(i, false);
  console.log(JSON.stringify({ value: (((await cpu()) - before) / count) * unitsPerMs }));
}

const measures = {
  slow: () => perCall(calls, 1, (_i, warm) => remotecallFetch(first, work, warm ? 1000 : size)),
  /** The same calls the other way round: nothing guards process 1. */
  unguarded: () =>
    remotecallFetch(
      first,
      async (work, size, calls) => {
        for (let i = 0; i < 1500; i++) await remotecallFetch(1, work, 1000);
        const before = await remotecallFetch(1, process.cpuUsage);
        for (let i = 0; i < calls; i++) await remotecallFetch(1, work, size);
        const { user, system } = await remotecallFetch(1, process.cpuUsage, before);
        return (user + system) / 1000 / calls;
      },
      work,
      size,
      calls,
    ).then((value) => console.log(JSON.stringify({ value }))),
  quick: () => perCall(20_000, 1000, (i) => remotecallFetch(first, increment, i)),
  builtin: () => perCall(20_000, 1000, (i) => remotecallFetch(first, Math.abs, i)),
};

await measures[what]();
