/** The line by which a worker tells where it listens: `tjl_worker:<port>#<address>`. */
import type { Address } from "./member.ts";

/** Lines that may come before it: greetings of login shells and the like. */
export const LINES_BEFORE = 1000;

export function announceLine(address: Address): string {
  return `tjl_worker:${address.port}#${address.host}`;
}

/** The address in the line, or undefined when it is any other line. */
export function parseAnnounce(line: string): Address | undefined {
  const match = /^tjl_worker:(\d{1,5})#(\S.*?)\s*$/.exec(line);
  if (!match) return undefined;
  const port = Number(match[1]);
  return port <= 65535 ? { port, host: match[2] as string } : undefined;
}
