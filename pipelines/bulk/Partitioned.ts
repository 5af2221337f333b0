/** Which engine a run has, and the further processes of the partitioned one. */
import { Effect } from "effect"
import { type Chunks, Cli } from "sluice"
import type { Logs } from "./Logs.ts"
import type { Options } from "./Options.ts"

/** By the size of the input, where the option leaves it open. One chunk is of use to one process alone. */
export const engineOf = (
  { chunkKib, engine, partitionedFrom }: Pick<Options, "engine" | "partitionedFrom" | "chunkKib">,
  chunks: ReadonlyArray<Pick<Chunks.Chunk, "kind" | "start" | "end">>
): "local" | "partitioned" => {
  if (engine !== "auto") return engine
  // Row groups are gathered to about that size; of the others it is known.
  const bytes = chunks.reduce((sum, { end, kind, start }) => sum + (kind === "row groups" ? chunkKib * 1024 : end - start), 0)
  return chunks.length > 1 && bytes >= partitionedFrom * 1_000_000 ? "partitioned" : "local"
}

/** Runs so many processes beside this one, until they have ended; each takes chunks of the backfill. */
export const helpers = Effect.fnUntraced(function*(backfill: number, count: number, logDir: string, logs: Logs) {
  const numbers = Array.from({ length: count }, (_, i) => String(i + 2))
  yield* Effect.forEach(numbers, (name) =>
    Effect.gen(function*() {
      const { exitCode, stderr } = yield* Cli.sluice(["bulk", "worker", String(backfill), "--log-dir", logDir, "--name", name])
      const last = stderr.trim().split("\n").at(-1) ?? ""
      // The others go on without it.
      if (exitCode !== 0) logs.warn(`Process ${name} ended with exit code ${exitCode}: ${last}`)
    }), { concurrency: "unbounded", discard: true })
})
