import { testCases } from "./run-cases.ts";

await testCases("tricky-cases.ts", ["-p", "2"]);
