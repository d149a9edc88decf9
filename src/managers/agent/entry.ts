/** Bundled to dist/agent.cjs, one file without dependencies. */
export { runAgent } from "./main.ts";
