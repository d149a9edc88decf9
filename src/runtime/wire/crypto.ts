/** node:crypto, loaded at first use: that takes 2 ms of a core, and a worker on its master's host starts without (ticket.ts). */
export function crypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}
