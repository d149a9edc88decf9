/** `?name` and `?`: the help of the prompt. The texts are in help-*.ts. */
import { nearest } from "../nearest.ts";
import type { HelpEntry } from "./help-entry.ts";

const entries: Record<string, HelpEntry> = {};

export function helpTopics(): string[] {
  return Object.keys(entries);
}

export async function helpText(name: string, _columns: number, _colours: boolean): Promise<string> {
  return nearest(name, helpTopics()) ?? "";
}
