// A bare worker: connects to the path in argv, then answers [name, ...arguments] with the result.
import { Pipe } from "./pipe.mjs";

const functions = {
  hello: () => process.pid,
  twice: (x) => 2 * x,
  length: (_x, array) => array.byteLength,
};

const pipe = new Pipe({}, (id, [name, argument], array) => pipe.send(id, functions[name](argument, array)));
pipe.socket.connect(process.argv[2]);
pipe.socket.on("close", () => process.exit());
