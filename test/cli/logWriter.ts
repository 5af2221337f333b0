/** Writes lines to a log file that others write to as well: `logWriter.ts <file> <name> <lines>`. */
import { Effect } from "effect"
import * as LogFile from "../../cli/LogFile.ts"

const [, , file = "", name = "", lines = "0"] = process.argv

await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const write = yield* LogFile.open(file, { maxBytes: 2000, kept: 1000 })
  for (let i = 0; i < Number(lines); i++) {
    write(`${name} ${i} ${"x".repeat(i % 50)}`)
    if (i % 20 === 0) yield* Effect.sleep(1)
  }
})))
