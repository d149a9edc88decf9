// Three things that go wrong in a long map, and what to do about each.
import { myid, ProcessExitedError, pmap, RemoteError, range, workers } from "tjulia";

// 1. Bad data. The error names the element and the worker; `onError` puts something in its place.
const rows = ["12", "7", "oops", "30"];
const parse = (text: string): number => {
  const n = Number(text);
  if (Number.isNaN(n)) throw new TypeError(`not a number: ${text}`);
  return n;
};
const numbers = await pmap(parse, rows, {
  onError(error, element) {
    if (!(error instanceof RemoteError)) throw error;
    console.log(`row ${element}: ${(error.cause as Error).message}`);
    return Number.NaN;
  },
});
console.log(numbers);

// 2. Bad luck. A service that fails now and then is asked again, after a pause.
const asked = new Map<number, number>();
const flaky = (n: number): string => {
  const tries = (asked.get(n) ?? 0) + 1;
  asked.set(n, tries);
  if (n % 3 === 0 && tries === 1) throw new Error("busy, ask again");
  return `${n}!`;
};
console.log((await pmap(flaky, range(6), { retryDelays: [0.01, 0.1, 1], pool: workers().slice(0, 1) })).join(" "));

// 3. A worker that dies. Its elements run elsewhere.
const fatal = workers().at(-1);
const survivors = await pmap(
  (n: number) => {
    if (myid() === fatal) process.exit(7);
    return n * n;
  },
  range(8),
  { batchSize: 1, retryDelays: [0.01, 0.01], retryCheck: (error) => error instanceof ProcessExitedError },
);
console.log(survivors.join(" "), `with ${workers().length} worker left`);
