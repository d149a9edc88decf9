// A plain Node program: no tjl, no build. It starts two workers and answers requests with their results, while its own event loop
// stays free to accept more.
import { createServer } from "node:http";
import { addprocs, pmap, rmprocs, workers } from "tjulia";
import { countPrimes } from "./primes.mjs";

await addprocs(2);

const server = createServer(async (request, response) => {
  const limit = Number(new URL(request.url ?? "/", "http://localhost").searchParams.get("below") ?? 100_000);
  const step = Math.ceil(limit / 8);
  const starts = Array.from({ length: 8 }, (_, i) => i * step);
  try {
    // countPrimes is an import: workers import the same module.
    const counts = await pmap(
      countPrimes,
      starts,
      starts.map((start) => Math.min(start + step, limit)),
    );
    response.end(`${JSON.stringify({ below: limit, primes: counts.reduce((a, b) => a + b) })}\n`);
  } catch (error) {
    response.writeHead(500).end(`${error.message}\n`);
  }
});

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
);

process.once("SIGTERM", async () => {
  server.close();
  await rmprocs(...workers());
});
