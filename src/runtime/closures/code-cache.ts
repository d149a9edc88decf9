/**
 * What each process knows of the code of functions. The sender notes what it has sent to a process, the receiver keeps it, both in the order
 * of the frames; the receiver keeps twice as much, so that it has whatever the sender counts on.
 */
import type { Encoder, Peer } from "../wire/extension.ts";
import type { Code } from "./code.ts";
import { addSource, type LoadedSource, sourceOf } from "./records.ts";

const SENT_LIMIT = 2048;
const KEPT_LIMIT = 2 * SENT_LIMIT;

export const CODE_TAG = "fn";

/** Map from the code to the user's lines, sent once for each file: [sources, mappings, insertions]. */
type SentSource = readonly [
  source: string | null,
  mappings: string | undefined,
  insertions: LoadedSource["insertions"],
];
type Ahead = { readonly code: Code } | { readonly url: string; readonly source: SentSource };

class Known<V> {
  readonly #entries = new Map<string, V>();
  readonly #limit: number;
  constructor(limit: number) {
    this.#limit = limit;
  }
  has(key: string): boolean {
    return this.#entries.has(key);
  }
  get(key: string): V | undefined {
    return this.#entries.get(key);
  }
  add(key: string, value: V): void {
    if (this.#entries.has(key)) return;
    if (this.#entries.size >= this.#limit) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#entries.set(key, value);
  }
}

const sent = new WeakMap<Peer, { codes: Known<true>; sources: Set<string> }>();
const kept = new WeakMap<Peer, Known<Code>>();

/** Sends the code ahead of the message, unless the process has it. */
export function sendCode(encoder: Encoder, code: Code): void {
  const { peer } = encoder;
  let known = sent.get(peer);
  if (!known) {
    known = { codes: new Known(SENT_LIMIT), sources: new Set() };
    sent.set(peer, known);
  }
  const { codes, sources } = known;
  if (codes.has(code.id)) return;
  encoder.ahead(CODE_TAG, code.id, { code } satisfies Ahead);
  encoder.onCommit(() => codes.add(code.id, true));
  if (sources.has(code.url) || code.isOfModule) return;
  const source = sourceOf(code.url);
  if (!source) return;
  const data: SentSource = [source.map?.sources[0] ?? null, source.map?.mappings, source.insertions];
  encoder.ahead(CODE_TAG, code.url, { url: code.url, source: data } satisfies Ahead);
  encoder.onCommit(() => sources.add(code.url));
}

/** The receiving side. */
export function keepCode(data: unknown, peer: Peer): void {
  const arrived = data as Ahead;
  if ("url" in arrived) {
    const [source, mappings, insertions] = arrived.source;
    if (sourceOf(arrived.url)) return;
    const map = mappings === undefined ? undefined : { version: 3, sources: [source], names: [], mappings };
    addSource(arrived.url, { map, insertions });
    return;
  }
  let codes = kept.get(peer);
  if (!codes) {
    codes = new Known(KEPT_LIMIT);
    kept.set(peer, codes);
  }
  codes.add(arrived.code.id, canonical(arrived.code));
}

export function keptCode(peer: Peer, id: string): Code {
  const code = kept.get(peer)?.get(id);
  if (!code) throw new Error(`the code of a function (${id}) was never sent by process ${peer.pid}`);
  return code;
}

/** The same code that came from several processes is one. */
const everyCode = new Map<string, WeakRef<Code>>();
const forget = new FinalizationRegistry<string>((id) => {
  if (!everyCode.get(id)?.deref()) everyCode.delete(id);
});

function canonical(code: Code): Code {
  const known = everyCode.get(code.id)?.deref();
  if (known) return known;
  everyCode.set(code.id, new WeakRef(code));
  forget.register(code, code.id);
  return code;
}
