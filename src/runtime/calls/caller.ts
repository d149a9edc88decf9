/** Which file called: `include` and `using` resolve paths against it. */
import { fileURLToPath, pathToFileURL } from "node:url";
import { packageRoot } from "../../package.ts";

/** The URL of the file whose code called us, or of the working directory when that was the prompt or `-e`. */
export function callerUrl(): string {
  const file = callingFiles().find((file) => !isOurs(file));
  if (file?.startsWith("file:")) return file;
  if (file?.startsWith("/") || /^[A-Za-z]:\\/.test(file ?? "")) return pathToFileURL(file as string).href;
  return pathToFileURL(`${process.cwd()}/`).href;
}

function isOurs(file: string): boolean {
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  if (path.startsWith("node:")) return true;
  return path.startsWith(`${packageRoot}/dist/`) || path.startsWith(`${packageRoot}/src/`);
}

function callingFiles(): string[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 30;
    Error.prepareStackTrace = (_error, sites) => sites.flatMap((site) => site.getFileName() ?? []);
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, callingFiles);
    return Array.isArray(holder.stack) ? holder.stack : [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
