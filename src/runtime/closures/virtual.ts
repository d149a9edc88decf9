/** Modules that are no files: the code of `-e` and of standard input, under a URL in the working directory. */
const sources = new Map<string, string>();

export function addVirtualSource(url: string, text: string): void {
  sources.set(url, text);
}

export function virtualSource(url: string): string | undefined {
  return sources.get(url);
}
