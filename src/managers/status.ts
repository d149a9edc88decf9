/** What a manager has to tell while people wait: that a job is in the queue, and why. The command line shows it; else it is not shown. */

let report: (text: string) => void = () => {};

/** Sets who is told. */
export function onStatus(reporter: (text: string) => void): void {
  report = reporter;
}

export function tellStatus(text: string): void {
  report(text);
}
