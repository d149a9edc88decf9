// Changes an input in a few places, at random.

const EDGES = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** A changed copy of `input`, of `longest` bytes at most. `others` are inputs to take parts from, `words` what the program compares with. */
export function mutate(input, { random, others, words, longest }) {
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  const piece = (bytes) => {
    const from = below(bytes.length);
    return bytes.subarray(from, from + 1 + below(Math.min(bytes.length - from, 64)));
  };
  const ways = [
    (b) => change(b, below(b.length), (byte) => byte ^ (1 << below(8))),
    (b) => change(b, below(b.length), () => below(256)),
    (b) => change(b, below(b.length), (byte) => byte + below(9) - 4),
    (b) => edge(b, below(b.length), pick(EDGES), pick([1, 2, 4]), random() < 0.5),
    (b) => insert(b, below(b.length + 1), Buffer.from(Array.from({ length: 1 + below(8) }, () => below(256)))),
    (b) => insert(b, below(b.length + 1), piece(b)),
    (b) => insert(b, below(b.length + 1), piece(pick(others))),
    (b) => insert(b, below(b.length + 1), pick(words)),
    (b) => over(b, below(b.length), pick(words)),
    (b) => over(b, below(b.length), piece(pick(others))),
    (b) => remove(b, below(b.length), 1 + below(16)),
    (b) => b.subarray(0, below(b.length)),
    (b) => Buffer.concat([b.subarray(0, below(b.length)), pick(others).subarray(below(64))]),
  ];
  let bytes = Buffer.from(input);
  for (let i = 1 << below(4); i > 0; i--) {
    if (bytes.length === 0) bytes = Buffer.from([below(256)]);
    bytes = pick(ways)(bytes) ?? bytes;
  }
  return bytes.subarray(0, longest);
}

function change(bytes, at, how) {
  bytes[at] = how(bytes[at]);
}

function edge(bytes, at, value, size, isLittle) {
  for (let i = 0; i < size && at + i < bytes.length; i++) bytes[at + i] = value >>> (8 * (isLittle ? i : size - 1 - i));
}

function insert(bytes, at, more) {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function over(bytes, at, more) {
  bytes.set(more.subarray(0, bytes.length - at), at);
}

function remove(bytes, at, count) {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]);
}

/** The words and numbers of a program as bytes: text as it is and as msgpack has it, numbers in the sizes that they fit. */
export function wordsAsBytes(words) {
  const bytes = [Buffer.from([0])];
  for (const word of words) {
    if (typeof word === "string" && word.length > 0 && word.length < 32) {
      const text = Buffer.from(word);
      bytes.push(text, Buffer.concat([Buffer.from([0xa0 | text.length]), text]));
    } else if (Number.isInteger(word) && word >= 0 && word <= 0xffff_ffff) {
      const all = Buffer.alloc(8);
      all.writeUInt32LE(word, 0);
      all.writeUInt32BE(word, 4);
      const size = word < 0x100 ? 1 : word < 0x1_0000 ? 2 : 4;
      bytes.push(all.subarray(0, size), all.subarray(8 - size));
    }
  }
  return bytes;
}
