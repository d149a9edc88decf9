// Reaching machines, through a real OpenSSH server that the bench starts; and many workers on this one.
const machines = (...words) => [process.execPath, "bench/ours/machines.mjs", ...words.map(String)];

export const rows = [
  {
    id: "ssh.8",
    name: "8 workers on one SSH host (raw: one)",
    unit: "ms",
    ours: machines("ssh", 8),
    raw: machines("ssh", 1),
    limit: 2,
  },
  {
    id: "ssh.tunnel",
    name: "a call through a tunnel (raw: ssh -L)",
    unit: "µs",
    ours: machines("tunnel"),
    raw: machines("forward"),
    limit: 2,
  },
  {
    id: "start.64",
    name: "64 local workers (raw: 4 × 16)",
    unit: "ms",
    ours: machines("local", 64),
    raw: machines("local", 16, 4),
    limit: 1.15,
    rounds: 3,
  },
];
