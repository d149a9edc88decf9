import { expect, test } from "vitest";
import { withHugePages } from "../../../src/runtime/cluster/huge-pages.ts";

const onLinux = test.runIf(process.platform === "linux");

onLinux("workers ask for huge pages, beside what the user has set", () => {
  expect(withHugePages({ A: "b" })).toEqual({ A: "b", GLIBC_TUNABLES: "glibc.malloc.hugetlb=1" });
  expect(withHugePages({ GLIBC_TUNABLES: "glibc.rtld.nns=3" }).GLIBC_TUNABLES).toBe(
    "glibc.rtld.nns=3:glibc.malloc.hugetlb=1",
  );
});

onLinux("who has decided about huge pages is left alone", () => {
  const env = { GLIBC_TUNABLES: "glibc.malloc.hugetlb=0" };
  expect(withHugePages(env)).toBe(env);
});
