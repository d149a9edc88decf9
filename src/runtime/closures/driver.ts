/** Which module is the driver: the one whose functions travel by value. */
import * as nodeModule from "node:module";
import { virtualSource } from "./virtual.ts";

export const driver: { url: string | undefined; isFirst: boolean } = {
  url: undefined,
  /** In `node --import tjulia/register app.ts` it is the first module that is loaded. */
  isFirst: false,
};

export function isDriverUrl(url: string): boolean {
  return url === driver.url;
}

/** The specifier to import a module with of which parts were sent. The loader thread of Node 20 is told by it where they are. */
export function graphSpecifier(url: string, graph: string): string {
  return "registerHooks" in nodeModule ? url : `tjl:${encodeURIComponent(url)}?graph=${encodeURIComponent(graph)}`;
}

/** The specifier to import the driver with. The loader of Node 20, on its own thread, is told by it that this is the driver. */
export function driverSpecifier(url: string): string {
  if ("registerHooks" in nodeModule) return url;
  const text = virtualSource(url);
  return `tjl:${encodeURIComponent(url)}?${text === undefined ? "driver" : `source=${encodeURIComponent(text)}`}`;
}
