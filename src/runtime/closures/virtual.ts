/** Modules that are no files: the code of `-e` and of standard input, under a URL in the working directory. */
const sources = new Map<string, string>();

export function addVirtualSource(url: string, text: string): void {
  sources.set(url, text);
}

export function virtualSource(url: string): string | undefined {
  return sources.get(url);
}

/** Whether the text can make Node load a module. Words in strings and comments count too. */
export function mayLoadModules(text: string): boolean {
  return /\\u|\b(?:import|require|eval|Function)\b|\bexport\b[^;\n]*\bfrom\b/.test(text);
}
