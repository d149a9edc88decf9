// The largest eigenvalue of a matrix that no single process holds: power iteration with a distributed matrix product.
import { darray, np, nworkers, type Range } from "tjulia";

const n = Number(process.argv[2] ?? 400);

// a[i][j] = 1 / (i + j + 1), the Hilbert matrix: each process computes its rows, nothing is sent.
const a = await darray(
  ([rows, columns]) => {
    const piece = np.zeros([(rows as Range).length, (columns as Range).length]);
    let k = 0;
    for (const i of rows as Range)
      for (const j of columns as Range) (piece.data as Float64Array)[k++] = 1 / (i + j + 1);
    return piece;
  },
  [n, n],
);

let v = np.ones([n, 1]);
let eigenvalue = 0;
for (let step = 1; step <= 30; step++) {
  // The vector goes to the owners of the matrix, each multiplies its piece, and the product comes back.
  const product = await a.matmul(v);
  const w = await product.toArray();
  const norm = Math.sqrt(Number(np.sum(np.multiply(w, w))));
  v = np.divide(w, norm) as typeof v;
  const converged = Math.abs(norm - eigenvalue) < 1e-12;
  eigenvalue = norm;
  if (converged) break;
}
console.log(`${n} × ${n} matrix in ${a.dist.join(" × ")} pieces on ${nworkers()} workers`);
console.log(`largest eigenvalue ${eigenvalue.toFixed(9)}`);

// A product of two distributed matrices, checked against the vector: (a·a)·v = λ²·v.
const square = await a.matmul(a);
const twice = await (await square.matmul(v)).toArray();
const off = Math.max(...(np.subtract(twice, np.multiply(v, eigenvalue ** 2)).data as Float64Array).map(Math.abs));
console.log(`a·a·v is λ²·v within ${off < 1e-6 ? "a millionth" : off}`);
