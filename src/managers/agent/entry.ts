/** Bundled to dist/agent.cjs, one file without dependencies. */
export { callBack, runAgent } from "./main.ts";
