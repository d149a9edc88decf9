/** Workers on other hosts ask process 1 for modules whose files they may lack, before they import them. */
import { setModuleSource } from "../closures/modules.ts";
import type { ModuleGraph, ModuleSource } from "../closures/sent-modules.ts";
import { self } from "../wire/identity.ts";
import { processes } from "../wire/remote-process.ts";
import { callUntil } from "./remotecall.ts";
import { registerService } from "./services.ts";

async function moduleGraph(key: string): Promise<ModuleGraph> {
  const here = await import("../closures/module-graph.ts");
  return here.moduleGraph(key);
}

async function moduleTexts(urls: readonly string[]): Promise<string[]> {
  const here = await import("../closures/module-graph.ts");
  return here.moduleTexts(urls);
}

registerService("moduleGraph", moduleGraph);
registerService("moduleTexts", moduleTexts);

/** What the user stops does not stop the loading of a module, which others may wait for too. */
const { signal } = new AbortController();

const master: ModuleSource = {
  graph: (key) => callUntil(signal, 1, moduleGraph, [key]) as Promise<ModuleGraph>,
  texts: (urls) => callUntil(signal, 1, moduleTexts, [urls]) as Promise<string[]>,
};

setModuleSource(() => (self.pid > 1 && processes.get(1)?.sameHost === false ? master : undefined));
