/** A worker that calls its master instead of waiting for its call; afterwards the connection is as if the master had opened it. */
import type { Socket } from "node:net";
import { hostname } from "node:os";
import { helloFromHere } from "../cluster/hello.ts";
import type { Address, CallerInfo } from "../cluster/member.ts";
import { callAny, introduce } from "../wire/call-back.ts";

export function callMaster(addresses: string, cookie: string): Promise<Socket> {
  return callAny(addresses, cookie, helloFromHere());
}

/** Says which of the workers this is and where others reach it; the master takes over from here. */
export function sayWho(stream: Socket, address: Address): void {
  const { env } = process;
  const task = Number(env.SLURM_PROCID ?? env.OMPI_COMM_WORLD_RANK ?? env.PMI_RANK ?? env.PMIX_RANK ?? 0);
  const step = env.SLURM_STEP_ID === undefined ? undefined : `${env.SLURM_JOB_ID}.${env.SLURM_STEP_ID}`;
  const who: CallerInfo = { task, host: env.SLURMD_NODENAME ?? hostname(), ospid: process.pid, step, address };
  introduce(stream, who);
}
