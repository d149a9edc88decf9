/**
 * The five calls of the C library that shared memory needs, through koffi. Loaded at the first shared array; where koffi
 * or mmap is not to be had, one clear error.
 */
import { createRequire } from "node:module";
import { getSystemErrorMap } from "node:util";
import { UsageError } from "../errors.ts";
import { outOfReach } from "../runtime/wire/cut-off.ts";

interface Libc {
  /** Anonymous memory with a file descriptor and no name. Undefined where the system has none (macOS). */
  memfdCreate: ((name: string) => number) | undefined;
  /** Takes the memory now, so that its lack is an error here and not a SIGBUS later. Undefined on macOS. */
  allocate: ((fd: number, bytes: number) => Promise<number>) | undefined;
  /** The address, or undefined and the reason. */
  map(fd: number, bytes: number): bigint;
  unmap(address: bigint, bytes: number): void;
  view(address: bigint, bytes: number): ArrayBuffer;
}

const READ_WRITE = 3;
const MAP_SHARED = 1;
const MFD_CLOEXEC = 1;
/** What mmap returns when it fails: all bits set. */
const MAP_FAILED = 2n ** 64n - 1n;

let loaded: Libc | undefined;

export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  if (process.platform === "win32") {
    throw new UsageError("shared arrays need mmap, which Windows does not have; use a DArray, or WSL");
  }
  const koffi = loadKoffi();
  try {
    const lib = koffi.load(null);
    const mmap = lib.func("void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)");
    const munmap = lib.func("int munmap(void *addr, size_t length)");
    const linux = process.platform === "linux";
    const memfd = linux ? lib.func("int memfd_create(const char *name, unsigned int flags)") : undefined;
    const fallocate = linux ? lib.func("int posix_fallocate(int fd, int64_t offset, int64_t len)") : undefined;
    return {
      memfdCreate: memfd && ((name) => demand(memfd(name, MFD_CLOEXEC), "memfd_create")),
      allocate:
        fallocate &&
        ((fd, bytes) =>
          new Promise((resolve, reject) => {
            fallocate.async(fd, 0, bytes, (error: unknown, code: number) => (error ? reject(error) : resolve(code)));
          })),
      map(fd, bytes) {
        const address = mmap(null, bytes, READ_WRITE, MAP_SHARED, fd, 0) as bigint;
        if (address === MAP_FAILED) throw systemError("mmap", koffi.errno());
        return address;
      },
      unmap: (address, bytes) => void munmap(address, bytes),
      view: (address, bytes) => koffi.view(address, bytes),
    };
    function demand(result: number, call: string): number {
      if (result < 0) throw systemError(call, koffi.errno());
      return result;
    }
  } catch (cause) {
    throw new UsageError(
      `shared arrays are not possible here: the C library has no mmap (${(cause as Error).message})`,
      {
        cause,
      },
    );
  }
}

function loadKoffi(): typeof import("koffi") {
  try {
    return outOfReach(() => createRequire(import.meta.url)("koffi") as typeof import("koffi"));
  } catch (cause) {
    const reason = (cause as Error).message.split("\n")[0];
    throw new UsageError(
      `shared arrays need the package koffi, which could not be loaded: ${reason}; try: npm install koffi`,
      { cause },
    );
  }
}

/** An error that says which call failed and why: "mmap failed: ENOMEM (not enough memory)". */
export function systemError(call: string, errno: number): Error & { code?: string } {
  const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, "unknown error"];
  return Object.assign(new Error(`${call} failed: ${code} (${text})`), { code });
}
