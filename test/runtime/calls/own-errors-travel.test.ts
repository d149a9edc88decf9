/** Our own errors keep their class, code and fields when they are thrown on another process. */
import { expect, test } from "vitest";
import { type Library, withCluster } from "../../support/with-cluster.ts";

test("an error of each class is, as the cause of a RemoteError, of that class again", () =>
  withCluster(1, async (tjl: Library, [pid]) => {
    const thrown = [
      new tjl.QueueFullError(3, 2 ** 21, 2 ** 20),
      new tjl.LaunchError([{ host: "lab1", stage: "login", reason: "refused", hint: "add a key" } as never], [2]),
      new tjl.ChannelClosedError("that channel is closed"),
      new tjl.InterruptError(2),
      new tjl.ProcessExitedError({ pid: 3, host: "lab1", signal: "SIGKILL", lastLines: ["x"], maybeRan: false }),
      new tjl.UsageError("not like that"),
    ];
    for (const error of thrown) {
      const got = await tjl
        .remotecallFetch(
          pid as number,
          (error: unknown) => {
            throw error;
          },
          error,
        )
        .catch((error) => error);
      const cause = got instanceof tjl.RemoteError ? got.cause : got;
      expect(cause).toBeInstanceOf(error.constructor);
      expect(cause).toMatchObject({ ...error, name: error.name, code: error.code, message: error.message });
    }
  }));

test("where they arise they travel too", () =>
  withCluster(1, async (tjl: Library, [pid]) => {
    const outcome = (f: () => unknown) =>
      (tjl.remotecallFetch(pid as number, f) as Promise<InstanceType<Library["RemoteError"]>>).catch((error) => error);
    const closed = await outcome(async () => {
      const { RemoteChannel } = globalThis as unknown as Library;
      const channel = new RemoteChannel(1);
      await channel.close();
      await channel.take();
    });
    expect(closed.cause).toBeInstanceOf(tjl.ChannelClosedError);
    expect(closed.cause).toHaveProperty("code", "TJL_CHANNEL_CLOSED");
    const usage = await outcome(() => (globalThis as unknown as Library).remotecall(99, () => 1));
    expect(usage.cause).toBeInstanceOf(tjl.UsageError);
  }));
