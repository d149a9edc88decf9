/**
 * Lets a worker have its large arrays in huge pages: glibc asks the kernel for them when this variable says so at the start of a process. Nobody
 * reads it where there is no glibc. See docs/decisions/009-workers-use-huge-pages.md.
 */
const VARIABLE = "GLIBC_TUNABLES";
const TUNABLE = "glibc.malloc.hugetlb";

/** The environment of a worker, with that variable unless the user has decided about it. */
export function withHugePages(env: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const own = env[VARIABLE];
  if (process.platform !== "linux" || own?.includes(TUNABLE)) return env;
  return { ...env, [VARIABLE]: `${own ? `${own}:` : ""}${TUNABLE}=1` };
}
