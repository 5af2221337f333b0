/** What a run of the pipeline asks the engine for. */
import { BackfillOptions, RunRequest, Target } from "sluice"

/** Chunks that a process works at at once: while one ends, the next one is on its way already. */
const [fewest, most] = [2, 32]

/** Of files with a record each, two at once would be two calls in flight, whatever is allowed. */
export const chunksAtOnce = (chunks: number, records: number | undefined, inFlight: number): number =>
  records === undefined || records === 0 ? fewest : Math.min(most, Math.max(fewest, Math.ceil(inFlight * chunks / records)))

const everything = new Target({
  partitions: null, from: null, to: null, last: null, where: {}, keys: null, start: null, end: null, limit: null
})

/** The chunks as the input has them now. */
export const listing = new RunRequest({ selection: "bulk/chunks", partitions: null, force: true, concurrency: 1 })

/** Every chunk that is not done; all of them where it is forced. */
export const sending = (force: boolean, name: string, concurrency = fewest): RunRequest =>
  new RunRequest({
    selection: "bulk/results",
    partitions: null,
    force,
    concurrency,
    backfill: new BackfillOptions({
      name,
      target: everything,
      only: ["missing", "stale", "failed", ...force ? ["fresh" as const] : []],
      order: "oldest",
      batch: null,
      maxFailures: null
    })
  })
