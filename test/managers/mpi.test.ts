/** MPIManager, with a script that starts programs as Open MPI's mpiexec does. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runTjl } from "../support/run-tjl.ts";

const dir = mkdtempSync("/tmp/tjl-mpi-");
const mpiexec = `#!/bin/sh
[ "$1" = --version ] && { echo 'mpiexec (OpenRTE) 4.1.4'; exit; }
while [ "$1" != -n ]; do shift; done
n=$2; i=0
shift 2
while [ $i -lt $n ]; do
  { OMPI_COMM_WORLD_RANK=$i "$@" </dev/null 2>&3 | sed -u "s/^/[1,$i]<stdout>:/"; } 3>&2 &
  i=$((i + 1))
done
wait
`;
const run = (...words: string[]) =>
  runTjl(["--manager", "mpi", ...words], {
    env: { PATH: `${dir}:${process.env.PATH}`, XDG_CACHE_HOME: join(dir, "cache") },
  });

beforeAll(() => writeFileSync(join(dir, "mpiexec"), mpiexec, { mode: 0o755 }));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("starts workers through mpiexec, shows what each writes, interrupts them, and leaves nothing", async () => {
  const code = `
    console.log((await Promise.all(workers().map((p) => remotecallFetch(p, () => process.env.OMPI_COMM_WORLD_RANK)))).sort().join());
    await Promise.all(workers().map((p) => remotecallFetch(p, () => console.log("here " + myid()))));
    const [busy] = workers();
    const call = remotecallFetch(busy, () => { for (;;); }).catch((error) => error);
    await timedwait(async () => (await clusterReport(100)).some((row) => row.state === "busy"), 20);
    await interrupt(busy);
    console.log((await call).name, await remotecallFetch(busy, () => 7));`;
  const { stdout, stderr, status } = await run("-p", "3", "--manager-opt", "flags=--hostfile x", "-e", code);
  expect(stdout, stderr).toMatch(/^0,1,2\n/);
  for (const pid of [2, 3, 4]) expect(stdout).toContain(`From worker ${pid}:\there ${pid}\n`);
  expect(stdout).toContain("InterruptError 7\n");
  expect(status).toBe(0);
  expect(readdirSync(join(dir, "cache/tjulia/jobs"))).toEqual([]);
});

test("no mpiexec, and an option that there is not", async () => {
  const none = await run("-p", "2", "--manager-opt", "mpiexec=nowhere", "-e", "0");
  expect(none.stderr).toMatch(/mpi {2}configuration {2}there is no nowhere here/);
  expect(none.status).toBe(3);
  const odd = await run("-p", "2", "--manager-opt", "hostfile=x", "-e", "0");
  expect(odd.stderr).toMatch(/the mpi manager has no option hostfile; there are count, mpiexec/);
  expect(odd.status).toBe(2);
});
