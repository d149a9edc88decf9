/** The three lines that greet, and the prompt's words. Pure. */

export interface BannerFacts {
  version: string;
  node: string;
  /** Workers that were asked for; they join while the banner is read. Undefined: nobody knows yet how many. */
  workers: number | undefined;
  startupFile?: string | undefined;
}

export function banner({ version, node, workers, startupFile }: BannerFacts, colours: boolean): string {
  const bold = (text: string) => (colours ? `\u001b[1m${text}\u001b[22m` : text);
  const team =
    workers === 0
      ? "no workers yet: addprocs(4) adds some"
      : `${workers === undefined ? "" : `${workers} `}worker${workers === 1 ? "" : "s"} joining`;
  const startup = startupFile ? `, ${startupFile} read` : "";
  return [
    `${bold(`tjulia ${version}`)} on Node ${node}, TypeScript on many processes`,
    `${team}${startup}`,
    `? help   ; shell   Tab completes   Ctrl-C stops an entry   Ctrl-D leaves`,
  ].join("\n");
}

/** Workers are told when they are many, and when some were lost since the last entry. */
export function promptText(workers: number, lost: number, colours: boolean): string {
  const many = workers >= 10 ? String(workers) : "";
  const team = lost > 0 ? `[${workers}!${lost}]` : many && `[${many}]`;
  return colours ? `\u001b[1;32mtjl${team}>\u001b[0m ` : `tjl${team}> `;
}
