/**
 * `node --import tjulia/register app.ts`: gives a plain Node program TypeScript and complete closures. The first module that is loaded is the
 * driver.
 */
import { installLoader, takeFirstForDriver } from "./runtime/closures/loader.ts";

takeFirstForDriver();
installLoader();
