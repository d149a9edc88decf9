/** The public API: re-exports, nothing else. Importing it starts nothing and changes no global. */
import "./one-copy.ts";
import "./runtime/cluster/install.ts";
import "./parallel/install.ts";
import "./arrays/install.ts";

export type { ArrayOptions } from "./arrays/arguments.ts";
export { DArray, type MapOptions, type ReduceOptions } from "./arrays/darray.ts";
export type { Along } from "./arrays/darray-reduce.ts";
export type { DType, ElementType } from "./arrays/dtype.ts";
export { darrayFrom } from "./arrays/from-refs.ts";
export { localindexes, localpart } from "./arrays/local-part.ts";
export { darray, dfill, distribute, dones, drand, drandn, dzeros } from "./arrays/make-darray.ts";
export { type SharedArrayOptions, sharedArray } from "./arrays/make-shared-array.ts";
export { type NDArray, np } from "./arrays/ndarray.ts";
export { ones, rand, randn, zeros } from "./arrays/plain-arrays.ts";
export { setindex, toArray } from "./arrays/set-index.ts";
export { SharedArray, sdata } from "./arrays/shared-array.ts";
export type { SortOptions } from "./arrays/sorting.ts";
export { barrier, bcast, gather, scatter, spmd } from "./arrays/spmd.ts";
export { SubDArray } from "./arrays/subdarray.ts";
export {
  ChannelClosedError,
  InterruptError,
  LaunchError,
  ProcessExitedError,
  QueueFullError,
  RemoteError,
  SerializationError,
  TjuliaError,
  UsageError,
} from "./errors.ts";
export { type AddprocsOptions, addprocs } from "./managers/addprocs.ts";
export { LocalManager } from "./managers/local.ts";
export { MPIManager, type MPIManagerOptions } from "./managers/mpi.ts";
export { SlurmManager, type SlurmManagerOptions } from "./managers/slurm.ts";
export { SSHManager, type SSHManagerOptions } from "./managers/ssh.ts";
export { type BackoffOptions, exponentialBackoff } from "./parallel/backoff.ts";
export { CachingPool } from "./parallel/caching-pool.ts";
export { type Distributed, type LoopRange, type ParallelOptions, parallel } from "./parallel/loop.ts";
export { pmap } from "./parallel/pmap.ts";
export type { PmapOptions, RetryContext, StreamOptions } from "./parallel/pmap-options.ts";
export type { Progress, WorkerFailures } from "./parallel/progress.ts";
export { Range, range, splitrange } from "./parallel/range.ts";
export { remote } from "./parallel/remote.ts";
export type { Collection } from "./parallel/source.ts";
export { defaultWorkerPool, WorkerPool } from "./parallel/worker-pool.ts";
export { type EverywhereOptions, everywhere } from "./runtime/calls/everywhere.ts";
export { include, using } from "./runtime/calls/loading.ts";
export { nprocs, nworkers, procs, workers } from "./runtime/calls/membership.ts";
export { type ChannelLike, RemoteChannel } from "./runtime/calls/remote-channel.ts";
export { remotecall, remotecallFetch, remotecallWait, remoteDo } from "./runtime/calls/remotecall.ts";
export { fetchfrom, spawn, spawnat } from "./runtime/calls/spawn.ts";
export {
  ClusterManager,
  type LaunchParams,
  type Topology,
  type WorkerConfig,
} from "./runtime/cluster/cluster-manager.ts";
export { interrupt } from "./runtime/cluster/interrupt.ts";
export { type RmprocsOptions, rmprocs } from "./runtime/cluster/leave.ts";
export { clusterReport, type ReportRow } from "./runtime/cluster/report.ts";
export { Channel } from "./runtime/refs/channel.ts";
export { Condition } from "./runtime/refs/condition.ts";
export { withSignal } from "./runtime/refs/context.ts";
export { fetch, getindex, isready, put, take, wait } from "./runtime/refs/functions.ts";
export { RemoteRef } from "./runtime/refs/remote-ref.ts";
export { sync, task } from "./runtime/refs/sync.ts";
export { timedwait } from "./runtime/refs/timedwait.ts";
export { myid } from "./runtime/wire/identity.ts";
