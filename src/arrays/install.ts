/**
 * Teaches the codec the arrays, and the call layer the services of this folder. Imported by every process of a cluster before it
 * talks to another. Neither numpy-ts nor koffi is loaded by it.
 */
import { registerIndexer } from "../runtime/refs/element.ts";
import { fromBlock } from "./as-block.ts";
import { installBuild } from "./build.ts";
import { installLayout } from "./darray-layout.ts";
import { installMap } from "./darray-map.ts";
import { installMatmul } from "./darray-matmul.ts";
import { installReduce } from "./darray-reduce.ts";
import { installSort } from "./darray-sort.ts";
import { installDistributed } from "./distributed.ts";
import { registerArrayExtensions } from "./extensions.ts";
import { installFill } from "./fill.ts";
import { installFromRefs } from "./from-refs.ts";
import { installGather } from "./gather.ts";
import { installMake } from "./make-darray.ts";
import { installShared } from "./make-shared-array.ts";
import { blockOf, isNDArray } from "./ndarray.ts";
import { type Index, select } from "./selection.ts";
import { installMapping } from "./shared-mapping.ts";
import { installSpmd } from "./spmd.ts";

registerArrayExtensions();
installBuild();
installGather();
installFill();
installDistributed();
installMake();
installFromRefs();
installMap();
installReduce();
installLayout();
installMatmul();
installSort();
installMapping();
installShared();
installSpmd();

/** getindex of a numpy-ts array: an element, or a copy of the part that ranges choose. */
registerIndexer((value, indexes) => {
  if (!isNDArray(value)) return undefined;
  const block = blockOf(value);
  const part = block.slice(select(block.shape, indexes as Index[]));
  return { element: part.shape.length === 0 ? part.get() : fromBlock(part.copy()) };
});
