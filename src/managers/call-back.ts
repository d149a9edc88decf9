/** The master's end of workers that call it: listens for a while, lets in who proves the cookie, and tells who has called. */
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { helloFromHere } from "../runtime/cluster/hello.ts";
import { readIntroduction } from "../runtime/wire/call-back.ts";
import { greet } from "../runtime/wire/handshake.ts";
import { listen } from "../runtime/wire/transports.ts";

export interface CallServer {
  /** Every address by which this host may be called, as the words after `--call-back`. */
  addresses: string;
  close(): Promise<void>;
}

/**
 * Waits for calls; `called` gets each stream with what the caller said of itself. `address` is where to listen: by default everywhere,
 * since nobody knows by which way a call comes.
 */
export async function waitForCalls<Info>(
  secret: string,
  called: (stream: Socket, who: Info) => void,
  address?: { host: string; port?: number | undefined },
): Promise<CallServer> {
  const take = async (stream: Socket) => {
    await greet(stream, { cookie: secret, hello: helloFromHere(), side: "accepting" });
    called(stream, (await readIntroduction(stream)) as Info);
  };
  const server = await listen({ host: address?.host ?? "0.0.0.0", port: address?.port ?? 0 }, (stream) => {
    take(stream).catch(() => stream.destroy());
  });
  const { port } = server.address;
  const hosts = address && address.host !== "0.0.0.0" ? [address.host] : ownAddresses();
  return { addresses: hosts.map((host) => `${host}:${port}`).join(","), close: () => server.close() };
}

/** The addresses of this host, those that others can use first. */
export function ownAddresses(): string[] {
  const found = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outer = found.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
  return [...outer, "127.0.0.1"];
}
