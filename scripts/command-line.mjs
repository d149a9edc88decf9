// The arguments of a script. What is wrong with them is said in a line, with the usage; then the status is 2.
import { parseArgs } from "node:util";

/**
 * @param usage what follows "usage: "
 * @param config what `parseArgs` of node:util takes
 * @param wrong gives what is wrong with the values and positionals, if anything is
 */
export function readArguments(usage, config, wrong = () => undefined) {
  let complaint;
  try {
    const read = parseArgs(config);
    complaint = wrong(read);
    if (complaint === undefined) return read;
  } catch (error) {
    complaint = error.message;
  }
  console.error(`${complaint}\nusage: ${usage}`);
  process.exit(2);
}

/** `name` is to be a number above 0. */
export function notPositive(name, text) {
  return Number(text) > 0 ? undefined : `--${name} is a number above 0, not "${text}"`;
}

/** `name` is to be a whole number. */
export function notWhole(name, text) {
  return /^\d+$/.test(text) ? undefined : `--${name} is a whole number, not "${text}"`;
}
