/** Which session variables an entry assigns, as `x = 1`, `x++`, `[x] = y` or `for (x of y)`, outside of functions. Pure. */
import type { Pattern, Program } from "acorn";
import { boundNames, isFunction, type Node, walk } from "./syntax-tree.ts";

export interface AssignedName {
  name: string;
  /** Where the assignment stands. */
  offset: number;
}

/** Assignments to names that no enclosing block of the entry declares. */
export function assignedNames(program: Program): AssignedName[] {
  const found: AssignedName[] = [];
  visit(program, []);
  return found;

  function visit(root: Node, scopes: Set<string>[]): void {
    walk(root, (node) => {
      if (isFunction(node)) return false;
      if (node !== root && opensScope(node)) {
        visit(node, [...scopes, declaredIn(node)]);
        return false;
      }
      const target = assignmentTarget(node);
      if (target) {
        for (const name of boundNames(target)) {
          if (!scopes.some((scope) => scope.has(name))) found.push({ name, offset: target.start });
        }
      }
      return true;
    });
  }
}

function assignmentTarget(node: Node): Pattern | undefined {
  const { type, left, argument } = node as Node & { left?: Node; argument?: Node };
  if (type === "AssignmentExpression") return left as Pattern;
  if (type === "UpdateExpression") return argument as Pattern;
  if ((type === "ForOfStatement" || type === "ForInStatement") && left?.type !== "VariableDeclaration") {
    return left as Pattern;
  }
  return undefined;
}

const SCOPES = new Set([
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "SwitchStatement",
  "CatchClause",
  "ClassDeclaration",
  "ClassExpression",
  "StaticBlock",
]);

function opensScope(node: Node): boolean {
  return SCOPES.has(node.type);
}

/** The names that a block itself declares (not those of blocks inside it; `var` belongs to the session). */
function declaredIn(scope: Node): Set<string> {
  const parts = Object.values(scope)
    .flat()
    .filter((part): part is Node => typeof part?.type === "string");
  const names = parts.flatMap((part) => {
    if (part.type === "VariableDeclaration") {
      const { kind, declarations } = part as unknown as { kind: string; declarations: { id: Pattern }[] };
      return kind === "var" ? [] : declarations.flatMap((d) => boundNames(d.id));
    }
    const { id } = part as Node & { id?: { name?: string } };
    if (part.type === "FunctionDeclaration" || part.type === "ClassDeclaration") return id?.name ? [id.name] : [];
    return [];
  });
  const { type, param, id } = scope as Node & { param?: Pattern; id?: { name: string } };
  if (type === "CatchClause" && param) names.push(...boundNames(param));
  if (type.startsWith("Class") && id) names.push(id.name);
  return new Set(names);
}
