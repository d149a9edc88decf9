/** Reads the keys of properties and members, and the words before them. */
import { ScopeTracker } from "./scope-tracker.ts";
import { ScanError } from "./tokens.ts";

export abstract class KeyReader extends ScopeTracker {
  protected abstract assignment(allowIn?: boolean): unknown;

  /** `async`, `get`, `set`, `*` before a key. Gives "get" or "set" or "method", or "" when there is none. */
  protected modifiers(): string {
    const { lexer } = this;
    let kind = "";
    for (;;) {
      if (this.is("*")) {
        lexer.next();
        kind = "method";
        continue;
      }
      if (lexer.type !== "word") return kind;
      const { value } = lexer;
      if (value !== "async" && value !== "get" && value !== "set") return kind;
      const code = lexer.peekCode();
      // ( , : = } ; end: then the word itself is the key.
      if (code === 40 || code === 44 || code === 58 || code === 61 || code === 125 || code === 59) return kind;
      if (Number.isNaN(code) || (value === "async" && lexer.newlineAhead)) return kind;
      if (value !== "async" && code === 42) return kind;
      lexer.next();
      kind = value === "async" ? "method" : value;
    }
  }

  /** Eats a property key. Gives its name when it is not computed. */
  protected propertyKey(): string | undefined {
    const { lexer } = this;
    if (this.eat("[")) {
      this.assignment();
      this.expect("]");
      return undefined;
    }
    let name: string | undefined;
    if (lexer.type === "word" || lexer.type === "private") name = lexer.value;
    else if (lexer.type === "string") name = this.stringValue();
    else if (lexer.type === "number") {
      const text = lexer.source.slice(lexer.start, lexer.end).replaceAll("_", "");
      name = text.endsWith("n") ? text.slice(0, -1) : String(Number(text));
    } else throw new ScanError(`expected a key at ${lexer.start}`);
    lexer.next();
    return name;
  }

  protected stringValue(): string {
    const text = this.lexer.source.slice(this.lexer.start + 1, this.lexer.end - 1);
    return text.includes("\\")
      ? (JSON.parse(`"${text.replace(/\\'/g, "'").replace(/(?<!\\)"/g, '\\"')}"`) as string)
      : text;
  }
}
