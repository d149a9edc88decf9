/** Which punctuators stand between two operands. */

export function isAssignment(punct: string): boolean {
  switch (punct) {
    case "=":
    case "+=":
    case "-=":
    case "*=":
    case "/=":
    case "%=":
    case "**=":
    case "<<=":
    case ">>=":
    case ">>>=":
    case "&=":
    case "|=":
    case "^=":
    case "&&=":
    case "||=":
    case "??=":
      return true;
    default:
      return false;
  }
}

export function isBinary(punct: string): boolean {
  switch (punct) {
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
    case "**":
    case "<<":
    case ">>":
    case ">>>":
    case "&":
    case "|":
    case "^":
    case "&&":
    case "||":
    case "??":
    case "==":
    case "!=":
    case "===":
    case "!==":
    case "<":
    case ">":
    case "<=":
    case ">=":
      return true;
    default:
      return false;
  }
}
