// An array that is larger than this process ever gets: its pieces are made, added up and freed where they lie.
import { darray, nworkers, type Range } from "tjulia";

const [gib = "0.25"] = process.argv.slice(2);
const count = (Number(gib) * 2 ** 30) / Float64Array.BYTES_PER_ELEMENT;

await using numbers = await darray(
  ([range]) => {
    const { start, length } = range as Range;
    const piece = new Float64Array(length);
    for (let i = 0; i < length; i++) piece[i] = (start + i) % 1000;
    return piece;
  },
  [count],
);
console.log(`${count} numbers, ${gib} GiB, on ${nworkers()} workers`);

const whole = Math.floor(count / 1000);
const rest = count % 1000;
const expected = whole * 499_500 + (rest * (rest - 1)) / 2;
const sum = await numbers.sum();
console.log(`their sum is ${sum}, ${sum === expected ? "as it should be" : `not ${expected}`}`);
console.log(`the last is ${await numbers.get(count - 1)}, the largest ${await numbers.max()}`);

const mib = process.resourceUsage().maxRSS / 1024;
console.log(`this process never held more than ${Math.ceil(mib / 250) * 250} MiB`);
