/** `sluice football health`: whether a process makes cycles in a folder. Looks at step1.pid and opens nothing. */
import { Clock, Console, Effect } from "effect"
import { Cli } from "sluice"
import * as PidFile from "./PidFile.ts"

const unwell = Effect.fail(new Cli.Unfinished({ exitCode: 1 }))

export const health = Effect.fn("football.health")(function*(input: { readonly logDir: string; readonly maxAge: number }) {
  const found = PidFile.running(input.logDir, yield* Clock.currentTimeMillis)
  if (found === undefined) return yield* Effect.andThen(Console.log("Pipeline is not running"), unwell)
  yield* Console.log(`Pipeline is running (PID: ${found.pid})`)
  const quiet = found.quietMillis / 1000
  if (quiet <= input.maxAge) return
  yield* Console.error(`No cycle has succeeded for ${Math.round(quiet)} s, which is more than the ${input.maxAge} s of --max-age; step1.log tells why.`)
  return yield* unwell
})
