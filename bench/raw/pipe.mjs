// The bare ceiling: length-prefixed frames, msgpackr, one socket. No errors, references, closures, liveness or limits.
//
//     u32 body bytes | u32 id | u32 bytes of one raw array (0: none) | body | array
//
// All frames of one tick leave in one write; an array is read straight into memory of its own.
import { Socket } from "node:net";
// Its parts by file: the package's entry would load a native addon that is of no use here.
import { Packr } from "../../node_modules/msgpackr/pack.js";
import { Unpackr } from "../../node_modules/msgpackr/unpack.js";

const HEADER = 12;
const OUT = 64 * 1024;
const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false });
const range = { start: 0, end: 0 };

export class Pipe {
  #out = Buffer.allocUnsafeSlow(OUT);
  #filled = 0;
  #planned = false;
  #in = Buffer.allocUnsafeSlow(2 * OUT);
  #kept = 0;
  #array;
  #arrayFilled = 0;
  #arrayHead;
  #flush = () => this.flush();

  constructor(options, onMessage) {
    this.onMessage = onMessage;
    const landing = this.#in.subarray(OUT);
    let reading;
    this.socket = new Socket({
      ...options,
      onread: {
        buffer: () => {
          const next = this.#array ? this.#array.subarray(this.#arrayFilled) : landing;
          if (next === reading) return undefined;
          reading = next;
          return next;
        },
        callback: (count, buffer) => {
          if (buffer === landing) this.#read(count);
          else this.#arrived(count);
          return true;
        },
      },
    });
    this.socket.on("error", () => {});
    if (options.handle) this.socket.read(0);
  }

  /** `array`: bytes that follow the body as they are. */
  send(id, value, array) {
    const packed = packr.pack(value, 512);
    const bytes = packed.end - packed.start;
    if (this.#filled + HEADER + bytes > OUT) this.flush();
    const out = HEADER + bytes > OUT ? Buffer.allocUnsafeSlow(HEADER + bytes) : this.#out;
    const at = out === this.#out ? this.#filled : 0;
    out.writeUInt32LE(bytes, at);
    out.writeUInt32LE(id, at + 4);
    out.writeUInt32LE(array ? array.byteLength : 0, at + 8);
    packed.copy(out, at + HEADER, packed.start, packed.end);
    if (out !== this.#out) this.socket.write(out);
    else this.#filled += HEADER + bytes;
    if (array) this.#sendArray(array);
    if (this.#filled > 0 && !this.#planned) {
      this.#planned = true;
      process.nextTick(this.#flush);
    }
  }

  #sendArray(array) {
    if (array.byteLength <= OUT / 4) {
      if (this.#filled + array.byteLength > OUT) this.flush();
      this.#out.set(array, this.#filled);
      this.#filled += array.byteLength;
      return;
    }
    this.socket.cork();
    this.flush();
    this.socket.write(array);
    this.socket.uncork();
  }

  flush() {
    this.#planned = false;
    if (this.#filled === 0) return;
    this.socket.write(this.#out.subarray(0, this.#filled));
    this.#filled = 0;
    if (this.socket.writableLength > 0) this.#out = Buffer.allocUnsafeSlow(OUT);
  }

  #read(count) {
    const chunk = this.#in;
    let at = OUT - this.#kept;
    const end = OUT + count;
    this.#kept = 0;
    while (end - at >= HEADER) {
      const bytes = chunk.readUInt32LE(at);
      if (end - at < HEADER + bytes) break;
      const id = chunk.readUInt32LE(at + 4);
      const arrayBytes = chunk.readUInt32LE(at + 8);
      range.start = at + HEADER;
      range.end = at = range.start + bytes;
      const value = unpackr.unpack(chunk, range);
      if (arrayBytes === 0) {
        this.onMessage(id, value);
        continue;
      }
      const array = Buffer.allocUnsafeSlow(arrayBytes);
      const here = Math.min(arrayBytes, end - at);
      chunk.copy(array, 0, at, at + here);
      at += here;
      if (here === arrayBytes) this.onMessage(id, value, array);
      else {
        this.#array = array;
        this.#arrayFilled = here;
        this.#arrayHead = { id, value };
      }
    }
    if (at < end) {
      this.#kept = end - at;
      chunk.copyWithin(OUT - this.#kept, at, end);
    }
  }

  #arrived(count) {
    this.#arrayFilled += count;
    const array = this.#array;
    if (this.#arrayFilled < array.byteLength) return;
    this.#array = undefined;
    this.onMessage(this.#arrayHead.id, this.#arrayHead.value, array);
  }
}
