/**
 * A function over the elements of blocks. The loop is compiled for the function, so that V8 puts its body into the loop. The
 * first result decides the type of the new array unless it is given: numbers float64 (float32 stays float32), booleans bool,
 * bigints int64, {re, im} complex128, anything else a list.
 */
import { UsageError } from "../errors.ts";
import { Block, readAt, writeAt } from "./block.ts";
import { broadcastShape, eachRow, stretch } from "./broadcast.ts";
import { loopAround } from "./compile.ts";
import { dtypeOfValue, type ElementType, isBigInt, isComplex } from "./dtype.ts";

/** Takes elements of whatever types the arrays hold. */
export type ElementFunction = (...elements: never[]) => unknown;

const mapping: WeakMap<object, Map<string, (...args: never[]) => unknown>> = new WeakMap();

/** f(a[i], b[i], …) for all elements; the blocks are stretched to one shape. */
export function mapBlock(f: ElementFunction, blocks: readonly Block[], wanted?: ElementType): Block {
  const shape = broadcastShape(...blocks.map((b) => b.shape));
  const inputs = blocks.map((b) => stretch(b, shape));
  if (shape.includes(0)) return Block.alloc(wanted ?? (blocks[0] as Block).dtype, shape);
  const first = f(...(inputs.map((b) => readAt(b, b.offset)) as never[]));
  const out = Block.alloc(wanted ?? typeOfResult(first, blocks[0] as Block), shape);
  writeAt(out, 0, first);
  run(f, out, inputs, 1);
  return out;
}

/** x[i] = f(x[i], y[i], …) for all elements; the others are stretched to the shape of the first. */
export function mapBlockInPlace(f: ElementFunction, block: Block, others: readonly Block[] = []): void {
  run(f, block, [block, ...others.map((b) => stretch(b, block.shape))], 0);
}

function run(f: ElementFunction, out: Block, inputs: readonly Block[], done: number): void {
  const names = inputs.map((_, k) => `x${k}, p${k}, s${k}`).join(", ");
  const steps = inputs.map((_, k) => `p${k} += s${k}`).join(", ");
  const values = inputs.map((b, k) => readExpression(b.dtype, `x${k}`, `p${k}`)).join(", ");
  const { check, write } = writeExpression(out.dtype);
  const body = `for (let i = 0; i < n; i++, o += so, ${steps}) { const v = f(${values}); if (${check}) fail(v); ${write} }`;
  const key = [out, ...inputs].map((b) => b.data.constructor.name).join();
  const go = loopAround(f, mapping as never, `f, fail, out, n, o, so, ${names}`, `/* ${key} */ ${body}`);
  const fail = (value: unknown) => refuse(value, out.dtype);
  let skip = done;
  eachRow([out, ...inputs], (n, starts, strides) => {
    const rest = inputs.flatMap((b, k) => [
      b.data,
      (starts[k + 1] as number) + skip * (strides[k + 1] as number),
      strides[k + 1],
    ]);
    go(f, fail, out.data, n - skip, (starts[0] as number) + skip * (strides[0] as number), strides[0], ...rest);
    skip = 0;
  });
}

function typeOfResult(value: unknown, input: Block): ElementType {
  if (typeof (value as PromiseLike<unknown> | null)?.then === "function") {
    throw new UsageError("map: the function returned a promise; elements are mapped by ordinary functions");
  }
  const dtype = dtypeOfValue(value);
  if (dtype === "float64" && /^float/.test(input.dtype)) return input.dtype;
  if (dtype === "int64" && input.dtype === "uint64") return "uint64";
  if (dtype === "complex128" && input.dtype === "complex64") return "complex64";
  return dtype;
}

function readExpression(dtype: ElementType, data: string, at: string): string {
  if (dtype === "bool") return `${data}[${at}] !== 0`;
  return isComplex(dtype) ? `{ re: ${data}[2 * ${at}], im: ${data}[2 * ${at} + 1] }` : `${data}[${at}]`;
}

/** What is wrong with a result `v`, and how it is stored. */
function writeExpression(dtype: ElementType): { check: string; write: string } {
  if (dtype === "object") return { check: "false", write: "out[o] = v;" };
  if (dtype === "bool") return { check: 'typeof v !== "boolean"', write: "out[o] = v ? 1 : 0;" };
  if (isBigInt(dtype)) return { check: 'typeof v !== "bigint"', write: "out[o] = v;" };
  if (isComplex(dtype)) {
    const check = '(typeof v !== "object" || v === null || typeof v.re !== "number") && typeof v !== "number"';
    const write =
      'if (typeof v === "number") { out[2 * o] = v; out[2 * o + 1] = 0; } else { out[2 * o] = v.re; out[2 * o + 1] = v.im; }';
    return { check, write };
  }
  return { check: 'typeof v !== "number"', write: "out[o] = v;" };
}

function refuse(value: unknown, dtype: ElementType): never {
  const got = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new UsageError(
    `map: the function returned ${got} (${typeof value}) where the array's elements are ${dtype}; give { dtype } for another type, "object" for anything`,
  );
}
