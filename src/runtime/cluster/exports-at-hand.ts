/** The public names that every process of a cluster has loaded anyway, so that using them does not load the rest of the library. */
import {
  ChannelClosedError,
  InterruptError,
  LaunchError,
  ProcessExitedError,
  QueueFullError,
  RemoteError,
  SerializationError,
  TjuliaError,
  UsageError,
} from "../../errors.ts";
import { everywhere } from "../calls/everywhere.ts";
import { include, using } from "../calls/loading.ts";
import { nprocs, nworkers, procs, workers } from "../calls/membership.ts";
import { RemoteChannel } from "../calls/remote-channel.ts";
import { remotecall, remotecallFetch, remotecallWait, remoteDo } from "../calls/remotecall.ts";
import { fetchfrom, spawn, spawnat } from "../calls/spawn.ts";
import { Channel } from "../refs/channel.ts";
import { Condition } from "../refs/condition.ts";
import { withSignal } from "../refs/context.ts";
import { fetch, getindex, isready, put, take, wait } from "../refs/functions.ts";
import { RemoteRef } from "../refs/remote-ref.ts";
import { sync, task } from "../refs/sync.ts";
import { timedwait } from "../refs/timedwait.ts";
import { myid } from "../wire/identity.ts";

export const exportsAtHand = {
  Channel,
  ChannelClosedError,
  Condition,
  InterruptError,
  LaunchError,
  ProcessExitedError,
  QueueFullError,
  RemoteChannel,
  RemoteError,
  RemoteRef,
  SerializationError,
  TjuliaError,
  UsageError,
  everywhere,
  fetch,
  fetchfrom,
  getindex,
  include,
  isready,
  myid,
  nprocs,
  nworkers,
  procs,
  put,
  remoteDo,
  remotecall,
  remotecallFetch,
  remotecallWait,
  spawn,
  spawnat,
  sync,
  take,
  task,
  timedwait,
  using,
  wait,
  withSignal,
  workers,
};
