/** What of this process's heap is in use, in bytes: after a collection, since V8 leaves garbage for as long as it pleases. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

export const heap = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}
