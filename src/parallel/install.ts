/**
 * Teaches the codec the values of this folder, and the call layer its services. Imported by every process of a cluster before it talks to
 * another.
 */
import "./job.ts";
import "./loop-runner.ts";
import { registerExtension } from "../runtime/wire/codec.ts";
import { rangeExtension } from "./range.ts";
import { poolExtension } from "./worker-pool.ts";

registerExtension(rangeExtension);
registerExtension(poolExtension);
