// What the workers do in bench/ours: functions of a module, so that each call names them by reference.
export function double(x) {
  return x * 2;
}

export function lengthOf(array) {
  return array.length;
}
