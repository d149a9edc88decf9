import { root } from "../../support/run-tjl.ts";
import { testCases } from "./run-cases.ts";

const fixtures = `${root}/test/fixtures/closures`;
await testCases("plain-program.mjs", [], { program: `${fixtures}/plain-program.mjs` });
await testCases("plain-program.cjs", [], { program: `${fixtures}/plain-program.cjs` });
