/** What a run of the pipeline asks the engine for. */
import { BackfillOptions, RunRequest, Target } from "sluice"

/** Chunks that a process works at at once: while one ends, the next one is on its way already. */
const chunksAtOnce = 2

const everything = new Target({
  partitions: null, from: null, to: null, last: null, where: {}, keys: null, start: null, end: null, limit: null
})

/** The chunks as the input has them now. */
export const listing = new RunRequest({ selection: "bulk/chunks", partitions: null, force: true, concurrency: 1 })

/** Every chunk that is not done; all of them where it is forced. */
export const sending = (force: boolean, name: string): RunRequest =>
  new RunRequest({
    selection: "bulk/results",
    partitions: null,
    force,
    concurrency: chunksAtOnce,
    backfill: new BackfillOptions({
      name,
      target: everything,
      only: ["missing", "stale", "failed", ...force ? ["fresh" as const] : []],
      order: "oldest",
      batch: null,
      maxFailures: null
    })
  })
