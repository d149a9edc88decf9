/**
 * `node --import tjulia/register app.ts`: gives a plain Node program TypeScript and complete closures. The first module that is loaded is the
 * driver.
 */
import "./one-copy.ts";
import { driver } from "./runtime/closures/driver.ts";
import { installLoader } from "./runtime/closures/loader.ts";

driver.isFirst = true;
installLoader();
