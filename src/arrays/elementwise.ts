/**
 * Arithmetic and comparison of blocks and scalars, element by element, with broadcasting. Result types are numpy's, except
 * that a number with a fraction makes integers floats (numpy-ts 1.4 cuts the fraction off) and that dividing always gives floats.
 */
import { UsageError } from "../errors.ts";
import { Block } from "./block.ts";
import { broadcastShape, eachRow, stretch } from "./broadcast.ts";
import { loop } from "./compile.ts";
import {
  bytesOf,
  type DType,
  type ElementType,
  isBigInt,
  isComplex,
  isInteger,
  promote,
  promoteWithScalar,
  quotientType,
} from "./dtype.ts";
import { scalarBlock } from "./scalar-block.ts";

/** The operations between two arrays, or an array and a scalar. */
export type BinaryOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "mod"
  | "rem"
  | "pow"
  | "and"
  | "or"
  | "xor"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge";

const comparisons: Partial<Record<BinaryOp, string>> = {
  eq: "a == b",
  ne: "a != b",
  lt: "a < b",
  le: "a <= b",
  gt: "a > b",
  ge: "a >= b",
};

const arithmetic: Partial<Record<BinaryOp, string>> = {
  add: "a + b",
  sub: "a - b",
  mul: "a * b",
  div: "a / b",
  rem: "a % b",
  pow: "a ** b",
  and: "a & b",
  or: "a | b",
  xor: "a ^ b",
};

const complexOps: Partial<Record<BinaryOp, [re: string, im: string]>> = {
  add: ["ar + br", "ai + bi"],
  sub: ["ar - br", "ai - bi"],
  mul: ["ar * br - ai * bi", "ar * bi + ai * br"],
  div: ["(ar * br + ai * bi) / (br * br + bi * bi)", "(ai * br - ar * bi) / (br * br + bi * bi)"],
};

/** The type that the operation gives. A scalar (not a Block) adapts to the array. */
export function resultType(op: BinaryOp, a: ElementType, b: ElementType): ElementType {
  if (op in comparisons) return "bool";
  const common = promote(a, b);
  return op === "div" ? quotientType(common) : common;
}

export function scalarType(op: BinaryOp, array: ElementType, scalar: unknown): ElementType {
  if (op in comparisons) return "bool";
  const common = promoteWithScalar(array, scalar);
  return op === "div" ? quotientType(common) : common;
}

/** `a op b`; one of them at least is a block. */
export function elementwise(op: BinaryOp, a: unknown, b: unknown): Block {
  const left = a instanceof Block ? a : scalarBlock(a);
  const right = b instanceof Block ? b : scalarBlock(b);
  const dtype =
    a instanceof Block && b instanceof Block
      ? resultType(op, a.dtype, b.dtype)
      : a instanceof Block
        ? scalarType(op, a.dtype, b)
        : scalarType(op, right.dtype, a);
  const shape = broadcastShape(left.shape, right.shape);
  const out = Block.alloc(dtype, shape);
  const run = loopFor(op, left.dtype, right.dtype, dtype);
  const blocks = [out, stretch(left, shape), stretch(right, shape)];
  eachRow(blocks, (n, starts, steps) => {
    run(out.data, left.data, right.data, n, starts[0], starts[1], starts[2], steps[0], steps[1], steps[2]);
  });
  return out;
}

const parameters = "out, x, y, n, o, p, q, so, sp, sq";

function loopFor(op: BinaryOp, a: ElementType, b: ElementType, result: ElementType) {
  const body = isComplex(a) || isComplex(b) ? complexBody(op, a, b) : plainBody(op, a, b, result);
  return loop(`${op} ${a} ${b}`, parameters, `for (let i = 0; i < n; i++, o += so, p += sp, q += sq) { ${body} }`);
}

function plainBody(op: BinaryOp, a: ElementType, b: ElementType, result: ElementType): string {
  const comparison = comparisons[op];
  if (comparison) {
    // Between numbers and bigints `==` compares the values; among other things only `===` does what one expects.
    const exact = a === "object" || b === "object" ? comparison.replace("==", "===").replace("!=", "!==") : comparison;
    return `const a = x[p], b = y[q]; out[o] = ${exact} ? 1 : 0;`;
  }
  const read = (array: string, dtype: ElementType): string => {
    if (result === "object") return array;
    if (isBigInt(result)) return isBigInt(dtype) ? array : `BigInt(${array})`;
    return isBigInt(dtype) ? `Number(${array})` : array;
  };
  const value = expression(op, result);
  return `const a = ${read("x[p]", a)}, b = ${read("y[q]", b)}; out[o] = ${result === "bool" ? `(${value}) ? 1 : 0` : value};`;
}

function expression(op: BinaryOp, result: ElementType): string {
  if (/^(and|or|xor)$/.test(op) && !isInteger(result) && result !== "bool") {
    throw new UsageError(`${op} is for bool and integer arrays, not for ${result}`);
  }
  // The remainder that has the sign of the divisor, as in Julia and numpy; `rem` has the sign of the dividend.
  if (op === "mod") return isBigInt(result) ? "((a % b) + b) % b" : "a - Math.floor(a / b) * b";
  // A product of two 32-bit integers needs more bits than a double has.
  if (op === "mul" && isInteger(result) && bytesOf(result as DType) === 4) return "Math.imul(a, b)";
  return arithmetic[op] as string;
}

function complexBody(op: BinaryOp, a: ElementType, b: ElementType): string {
  const read = (name: string, array: string, at: string, dtype: ElementType) =>
    isComplex(dtype)
      ? `const ${name}r = ${array}[2 * ${at}], ${name}i = ${array}[2 * ${at} + 1];`
      : `const ${name}r = Number(${array}[${at}]), ${name}i = 0;`;
  const operands = read("a", "x", "p", a) + read("b", "y", "q", b);
  if (op === "eq" || op === "ne") return `${operands} out[o] = (ar === br && ai === bi) === ${op === "eq"} ? 1 : 0;`;
  const parts = complexOps[op];
  if (!parts)
    throw new UsageError(`${op} is not there for complex numbers; map(d, f) does it with a function of yours`);
  return `${operands} const re = ${parts[0]}, im = ${parts[1]}; out[2 * o] = re; out[2 * o + 1] = im;`;
}
