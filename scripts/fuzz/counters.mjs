// Puts a counter into each branch of a program, so that the fuzzer sees which an input has gone through, and lists the words and numbers that
// the program compares with, for the mutations.
import { parse } from "acorn";

/** Counters that a program has; it finds them as the global `$hits`, a Uint8Array. */
export function withCounters(code) {
  const starts = [];
  const ends = [];
  const words = new Set();
  let count = 0;
  const hit = () => `$hits[${count++}]++`;
  const wrapExpression = (node) => {
    starts.push([node.start, `(${hit()},`]);
    return () => ends.push([node.end, ")"]);
  };
  const wrapStatement = (node) => {
    if (node.type === "BlockStatement") {
      const directives = node.body.filter((one) => one.directive !== undefined);
      starts.push([directives.at(-1)?.end ?? node.start + 1, `;${hit()};`]);
      return () => {};
    }
    starts.push([node.start, `{${hit()};`]);
    return () => ends.push([node.end, "}"]);
  };
  const visit = (node) => {
    // What is inside closes before what is around it.
    const close = [];
    const branch = (child) =>
      child && close.push([child, child.type.endsWith("Statement") ? wrapStatement : wrapExpression]);
    if (/Function/.test(node.type)) branch(node.body);
    else if (node.type === "IfStatement" || node.type === "ConditionalExpression")
      for (const child of [node.consequent, node.alternate]) branch(child);
    else if (/^(For|While|DoWhile)/.test(node.type)) branch(node.body);
    else if (node.type === "LogicalExpression") branch(node.right);
    else if (node.type === "CatchClause") branch(node.body);
    else if (node.type === "SwitchCase" && node.consequent.length > 0)
      starts.push([node.consequent[0].start, `${hit()};`]);
    else if (node.type === "Literal" && /^(string|number)$/.test(typeof node.value)) words.add(node.value);
    const closing = new Map(close.map(([child, wrap]) => [child, wrap]));
    for (const part of Object.values(node)) {
      for (const child of Array.isArray(part) ? part : [part]) {
        if (typeof child?.type !== "string") continue;
        const end = closing.get(child)?.(child);
        visit(child);
        end?.();
      }
    }
  };
  visit(parse(code, { ecmaVersion: "latest", allowReturnOutsideFunction: true }));
  const inserts = [...ends.map((one) => [...one, 0]), ...starts.map((one) => [...one, 1])];
  inserts.sort((a, b) => a[0] - b[0] || a[2] - b[2]);
  let out = "";
  let at = 0;
  for (const [place, text] of inserts) {
    out += code.slice(at, place) + text;
    at = place;
  }
  return { code: out + code.slice(at), count, words: [...words] };
}
