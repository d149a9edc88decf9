/** `node dist/worker.cjs --worker …`: what LocalManager starts. */
import { runWorker } from "./main.ts";

runWorker(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`tjl worker: ${error.message}\n`);
  process.exit(3);
});
