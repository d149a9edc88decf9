/** Whether that is a name in JavaScript. What Unicode has of letters takes V8 long to put together, so plain names are told without. */
export function isIdentifier(text: string): boolean {
  if (/^[A-Za-z_$][\w$]*$/.test(text)) return true;
  return /[^\0-\x7f]/.test(text) && /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(text);
}
