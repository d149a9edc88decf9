/**
 * The public names as globals, as they are at the prompt, in -e code, in -L files and in drivers: "types": ["tjulia/globals"].
 * Written by scripts/write-globals.mjs from src/index.ts.
 */
type Tjulia = typeof import("./index.ts");

declare global {
  const CachingPool: Tjulia["CachingPool"];
  type CachingPool = import("./index.ts").CachingPool;
  const Channel: Tjulia["Channel"];
  type Channel<T = unknown> = import("./index.ts").Channel<T>;
  const ChannelClosedError: Tjulia["ChannelClosedError"];
  type ChannelClosedError = import("./index.ts").ChannelClosedError;
  const ClusterManager: Tjulia["ClusterManager"];
  type ClusterManager = import("./index.ts").ClusterManager;
  const Condition: Tjulia["Condition"];
  type Condition<T = unknown> = import("./index.ts").Condition<T>;
  const InterruptError: Tjulia["InterruptError"];
  type InterruptError = import("./index.ts").InterruptError;
  const LaunchError: Tjulia["LaunchError"];
  type LaunchError = import("./index.ts").LaunchError;
  const LocalManager: Tjulia["LocalManager"];
  type LocalManager = import("./index.ts").LocalManager;
  const ProcessExitedError: Tjulia["ProcessExitedError"];
  type ProcessExitedError = import("./index.ts").ProcessExitedError;
  const QueueFullError: Tjulia["QueueFullError"];
  type QueueFullError = import("./index.ts").QueueFullError;
  const Range: Tjulia["Range"];
  type Range = import("./index.ts").Range;
  const RemoteChannel: Tjulia["RemoteChannel"];
  type RemoteChannel<T = unknown> = import("./index.ts").RemoteChannel<T>;
  const RemoteError: Tjulia["RemoteError"];
  type RemoteError = import("./index.ts").RemoteError;
  const RemoteRef: Tjulia["RemoteRef"];
  type RemoteRef<T = unknown> = import("./index.ts").RemoteRef<T>;
  const SerializationError: Tjulia["SerializationError"];
  type SerializationError = import("./index.ts").SerializationError;
  const TjuliaError: Tjulia["TjuliaError"];
  type TjuliaError = import("./index.ts").TjuliaError;
  const UsageError: Tjulia["UsageError"];
  type UsageError = import("./index.ts").UsageError;
  const WorkerPool: Tjulia["WorkerPool"];
  type WorkerPool = import("./index.ts").WorkerPool;
  const addprocs: Tjulia["addprocs"];
  const clusterReport: Tjulia["clusterReport"];
  const defaultWorkerPool: Tjulia["defaultWorkerPool"];
  const everywhere: Tjulia["everywhere"];
  const exponentialBackoff: Tjulia["exponentialBackoff"];
  function fetch<T>(ref: { fetch(options?: object): Promise<T> }, options?: { signal?: AbortSignal }): Promise<T>;
  function fetch<X extends number | bigint | boolean | symbol | null | undefined>(value: X): X;
  const fetchfrom: Tjulia["fetchfrom"];
  const getindex: Tjulia["getindex"];
  const include: Tjulia["include"];
  const interrupt: Tjulia["interrupt"];
  const isready: Tjulia["isready"];
  const myid: Tjulia["myid"];
  const nprocs: Tjulia["nprocs"];
  const nworkers: Tjulia["nworkers"];
  const parallel: Tjulia["parallel"];
  const pmap: Tjulia["pmap"];
  const procs: Tjulia["procs"];
  const put: Tjulia["put"];
  const range: Tjulia["range"];
  const remote: Tjulia["remote"];
  const remoteDo: Tjulia["remoteDo"];
  const remotecall: Tjulia["remotecall"];
  const remotecallFetch: Tjulia["remotecallFetch"];
  const remotecallWait: Tjulia["remotecallWait"];
  const rmprocs: Tjulia["rmprocs"];
  const spawn: Tjulia["spawn"];
  const spawnat: Tjulia["spawnat"];
  const splitrange: Tjulia["splitrange"];
  const sync: Tjulia["sync"];
  const take: Tjulia["take"];
  const task: Tjulia["task"];
  const timedwait: Tjulia["timedwait"];
  const using: Tjulia["using"];
  const wait: Tjulia["wait"];
  const withSignal: Tjulia["withSignal"];
  const workers: Tjulia["workers"];
}

export {};
