// Jobs and results in two channels. Producers wait when the job channel is full, consumers when it is empty, and nobody counts.
import { Channel, RemoteChannel, remotecall, sync, task, workers } from "tjulia";

interface Result {
  job: number;
  factors: number[];
}

// Both channels live here; workers reach them from wherever they are.
const jobs = new RemoteChannel<number>(() => new Channel<number>(8));
const results = new RemoteChannel<Result>(() => new Channel<Result>(8));

function factorise(number: number): number[] {
  const factors: number[] = [];
  let n = number;
  for (let d = 2; d * d <= n; d++) {
    while (n % d === 0) {
      factors.push(d);
      n /= d;
    }
  }
  return n > 1 ? [...factors, n] : factors;
}

await sync(async () => {
  // One consumer on each worker; its loop ends when the channel is closed and empty.
  const consumers = workers().map((pid) =>
    remotecall(pid, async () => {
      for await (const job of jobs) await results.put({ job, factors: factorise(job) });
    }),
  );

  task(async () => {
    for (let n = 1_000_000; n < 1_000_020; n++) await jobs.put(n);
    await jobs.close();
  });
  task(async () => {
    for (const consumer of consumers) await consumer.wait();
    await results.close();
  });

  const done = new Map<number, Result>();
  for await (const result of results) done.set(result.job, result);
  for (const job of [1_000_000, 1_000_003, 1_000_019]) console.log(job, "=", done.get(job)?.factors.join(" · "));
  console.log(`${done.size} jobs done by ${consumers.length} consumers`);
});
