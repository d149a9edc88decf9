import { testCases } from "./run-cases.ts";

await testCases("odd-programs.ts", ["-p", "2"]);
