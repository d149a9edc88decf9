/** `tjl --help`: one screen, made from the option table. Pure. */

import { topicNames } from "./help-topics.ts";
import { type OptionRow, optionRows } from "./option-table.ts";

const examples: readonly (readonly [string, string])[] = [
  ["tjl -p 4", "a prompt with 4 workers"],
  ["tjl -p auto -L lib.ts run.ts -n 9", "run a file; -n 9 goes to run.ts"],
];

const commands: readonly (readonly [string, string])[] = [
  ["tjl doctor", "check this machine and those of --machinefile"],
  ["tjl completion <bash|zsh|fish>", "print a completion script"],
  ["tjl help <topic>", topicNames.join(", ")],
];

/** The text, in lines of at most `width` characters. */
export function helpText(width = 100): string {
  const groups = ["Workers", "Code", "Being a worker", "Other"];
  const left = Math.max(...optionRows.map((row) => row.flags.length)) + 4;
  const lines = [
    "tjl - run TypeScript on many processes",
    "",
    "usage: tjl [options] [driver.ts] [arguments of the driver]",
    "",
    ...inColumns(examples),
    ...groups.flatMap((group) => [
      "",
      group,
      ...optionRows.filter((row) => row.group === group).flatMap((row) => optionLines(row, left, width)),
    ]),
    "",
    ...inColumns(commands),
  ];
  return `${lines.join("\n")}\n`;
}

function inColumns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.max(...rows.map(([line]) => line.length)) + 2;
  return rows.map(([line, meaning]) => `  ${line.padEnd(left)}${meaning}`);
}

function optionLines(row: OptionRow, left: number, width: number): string[] {
  const flags = row.flags.startsWith("--") ? `    ${row.flags}` : row.flags;
  const [first = "", ...more] = wrapped(row.help, Math.max(30, width - left - 4));
  const indent = " ".repeat(left + 4);
  return [`  ${flags.padEnd(left + 2)}${first}`, ...more.map((line) => indent + line)];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
