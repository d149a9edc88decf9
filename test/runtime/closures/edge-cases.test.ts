import { testCases } from "./run-cases.ts";

await testCases("edge-cases.ts", ["-p", "2"]);
