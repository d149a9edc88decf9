/** Built into a file of its own, which tsconfig.ts loads when a tsconfig.json matters. */
export { createPathsMatcher, getTsconfig } from "get-tsconfig";
