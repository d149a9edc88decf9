// Conway's game of life on a DArray, after `life_step` of Julia's manual: each process makes its new piece from its old one
// and a border of one cell around it, which its neighbours have. The world is a torus: beyond the last row comes the first.
import { type DArray, darray, type NDArray, np, type Range, range, zeros } from "tjulia";

/** One generation further. The new array lies on the same processes, cut as the old one. */
export function lifeStep(world: DArray): Promise<DArray> {
  const [height = 0, width = 0] = world.dims;
  return darray(
    async ([rows, columns]) => {
      // Three by three parts: corners, edges, and the piece itself. Only the border comes from other processes.
      const lines = around(rows as Range, height).map(async (y) => {
        const parts = around(columns as Range, width).map((x) => world.view(y, x).toArray());
        return np.concatenate(await Promise.all(parts), 1);
      });
      return lifeRule(np.concatenate(await Promise.all(lines), 0));
    },
    world.dims,
    world.pids,
    world.dist,
  );
}

/** The index before a range, the range, and the index after it; around the edge of `size`. */
function around({ start, stop }: Range, size: number): Range[] {
  const before = (start - 1 + size) % size;
  const after = stop % size;
  return [range(before, before + 1), range(start, stop), range(after, after + 1)];
}

/** The rule knows nothing of processes: cells with a border of one in, cells without it out. */
export function lifeRule(old: NDArray): NDArray {
  const [height = 0, width = 0] = old.shape;
  const next = zeros(height - 2, width - 2, { dtype: "uint8" });
  const from = old.data as Uint8Array;
  const to = next.data as Uint8Array;
  for (let y = 1, i = 0; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++, i++) {
      const at = y * width + x;
      const above = at - width;
      const below = at + width;
      const neighbours =
        (from[above - 1] as number) +
        (from[above] as number) +
        (from[above + 1] as number) +
        (from[at - 1] as number) +
        (from[at + 1] as number) +
        (from[below - 1] as number) +
        (from[below] as number) +
        (from[below + 1] as number);
      to[i] = neighbours === 3 || (neighbours === 2 && from[at] === 1) ? 1 : 0;
    }
  }
  return next;
}
