/** A file of partition keys that an option names, or standard input. */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import * as KeyLines from "./KeyLines.ts"
import { Refusal } from "./Refusal.ts"
import { StartFolder } from "./StartFolder.ts"

/** The keys with their marks, in the file's order; none is refused. `what` names the file in sentences. */
export const read = (file: string, what: string): Effect.Effect<ReadonlyArray<string>, Refusal> =>
  Effect.gen(function*() {
    const startFolder = yield* StartFolder
    const text = yield* Effect.try({
      try: () => readFileSync(file === "-" ? 0 : path.resolve(startFolder, file), "utf8"),
      catch: (cause) => {
        const why = cause instanceof Error && "code" in cause && cause.code === "ENOENT" ? "does not exist" : "cannot be read"
        return new Refusal({ message: `The ${what} ${file} ${why}.`, cause })
      }
    })
    const keys = KeyLines.read(text)
    const name = file === "-" ? "standard input" : file
    return keys.length > 0 ? keys : yield* new Refusal({ message: `The ${what} ${name} names no partition.` })
  })
