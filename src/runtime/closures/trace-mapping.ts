/** Built into a file of its own, which stacks.ts loads at the first error. */
export { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
