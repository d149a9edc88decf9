// Counts the words of the files named on the command line, each file on the next free worker.
import { nworkers, pmap } from "tjulia";
import { addCounts, type Counts, countWords } from "./lib.ts";

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: tjl -p 4 -L lib.ts driver.ts FILES…");
  process.exit(2);
}

// countWords reads its file where it runs; what comes back is a Map, which travels as it is.
const perFile = await pmap(countWords, files);

const total = perFile.reduce<Counts>(addCounts, new Map());
const words = [...total.values()].reduce((a, b) => a + b, 0);
console.log(`${files.length} files, ${words} words, ${total.size} different, counted by ${nworkers()} workers`);

const byFrequency = [...total].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
for (const [word, n] of byFrequency.slice(0, 8)) console.log(`${String(n).padStart(6)}  ${word}`);
