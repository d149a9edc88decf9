/** node:crypto, loaded at first use: that takes its time, and a worker on its master's host starts without (ticket.ts). */
export function crypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}
