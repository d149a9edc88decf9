/**
 * Filling in a result where it is: the owner of a piece on the same host maps the receiver's memory (result-pool.ts) and writes its
 * part to its place, whatever the strides. Nothing goes through a socket but the wish and the answer.
 */
import { registerService } from "../runtime/calls/services.ts";
import { processes } from "../runtime/wire/remote-process.ts";
import { ask } from "./ask.ts";
import { Block, copyInto } from "./block.ts";
import { careFor } from "./care.ts";
import type { PieceName } from "./description.ts";
import { type DType, storageOf } from "./dtype.ts";
import { type PackedSelection, unpackSelection } from "./packed-selection.ts";
import { product } from "./partition.ts";
import { pieceNamed } from "./piece.ts";
import type { Lent } from "./result-pool.ts";
import { openSegment } from "./segment.ts";

/** Where in the receiver's memory the part goes: a block without its data. */
interface Place {
  readonly path: string;
  readonly serial: number;
  readonly bytes: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Processes of this host that cannot open our memory: another user's, or in another container. */
const strangers = new Set<number>();

export function canFill(pid: number): boolean {
  const process = processes.get(pid);
  return process?.sameHost === true && !strangers.has(pid);
}

/** Has the owner write a part of its piece into `place`, a block over the memory of `lent`. False when it cannot open it. */
export async function fillFrom(
  pid: number,
  name: PieceName,
  selection: PackedSelection,
  place: Block,
  lent: Lent,
): Promise<boolean> {
  const { path, serial, bytes } = lent;
  const { shape, strides, offset } = place;
  const target: Place = { path, serial, bytes, dtype: place.dtype as DType, shape, strides, offset };
  try {
    const filled = await ask(pid, fillPlace, name, selection, target);
    if (!filled) strangers.add(pid);
    return filled;
  } catch (error) {
    lent.spoil();
    throw error;
  }
}

interface Mapped {
  buffer: ArrayBuffer;
  usedAt: number;
}

/** The receivers' memory as this process has it mapped. */
const mapped = new Map<string, Mapped>();
const LINGER_MS = 15_000;
let timer: NodeJS.Timeout | undefined;

/** Runs on the owner. */
function fillPlace(name: PieceName, selection: PackedSelection, place: Place): boolean {
  const part = pieceNamed(name).block.slice(unpackSelection(selection));
  const buffer = mappingOf(place);
  if (!buffer) return false;
  const Storage = storageOf(place.dtype);
  const target = new Block(place.dtype, new Storage(buffer), place.shape, place.strides, place.offset);
  copyInto(target, part);
  return true;
}

function mappingOf({ path, serial, bytes }: Place): ArrayBuffer | undefined {
  const key = `${path}#${serial}`;
  const known = mapped.get(key);
  if (known) {
    known.usedAt = Date.now();
    return known.buffer;
  }
  try {
    const buffer = openSegment(path, bytes);
    mapped.set(key, { buffer, usedAt: Date.now() });
    timer ??= setInterval(forget, LINGER_MS).unref();
    return buffer;
  } catch {
    return undefined;
  }
}

function forget(): void {
  const limit = Date.now() - LINGER_MS;
  for (const [key, { usedAt }] of mapped) if (usedAt < limit) mapped.delete(key);
  if (mapped.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

export function installFill(): void {
  registerService("darray.fill", fillPlace, ([, , place]) => careFor(product((place as Place).shape)));
}
