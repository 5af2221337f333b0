/** Runs checks on stored assets, cell by cell or over the whole asset, and records what they found. */
import { Effect } from "effect"
import { type Any, storedOf } from "../definition/Asset.ts"
import type { AnyCheck, Result } from "../definition/Check.ts"
import type { IoManager } from "../definition/Io.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import * as Failure from "./Failure.ts"
import { patiently } from "./Patience.ts"
import { RunStore, type RunStoreError } from "../record/RunStore.ts"
import type { CheckResult } from "../record/Step.ts"

export interface CheckOptions<R> {
  readonly graph: AssetGraph
  readonly io: (asset: Any) => Effect.Effect<IoManager, never, R>
  /** The run that asks; null outside a run. */
  readonly run: number | null
  readonly checked: (result: CheckResult) => void
}

/** So many cells are loaded by one query: enough to hide its latency, few enough for memory. */
const cellsPerLoad = 100

/** Runs one check on these cells (text keys) of its asset, and records the results. */
export const run = <R>(
  check: AnyCheck,
  partitions: ReadonlyArray<string>,
  options: CheckOptions<R>
): Effect.Effect<ReadonlyArray<CheckResult>, RunStoreError, R | RunStore> =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const results: Array<CheckResult> = []
    // Where nothing of the asset was asked for, nothing is said of it.
    if (partitions.length === 0) return results
    const loads = check.over === "asset" ? [yield* whole(check, options.graph)] : chunks(partitions)
    for (const some of loads) {
      for (const [partition, result] of yield* test(check, some, options)) {
        const record: CheckResult = {
          check: check.name,
          severity: check.severity,
          asset: check.asset.key,
          partition,
          passed: result.passed,
          message: result.message,
          examples: result.examples,
          at: new Date()
        }
        results.push(record)
        options.checked(record)
      }
    }
    yield* patiently(store.recordChecks(options.run, results))
    return results
  })

/** Partitions that are gone are not looked at, though what was stored for them is there. */
const whole = ({ asset }: AnyCheck, graph: AssetGraph) =>
  Effect.map(Snapshot.load(graph, [asset.key]), (snapshot) => Snapshot.present(snapshot, asset.key))

const chunks = (partitions: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  Array.from({ length: Math.ceil(partitions.length / cellsPerLoad) }, (_, i) =>
    partitions.slice(i * cellsPerLoad, (i + 1) * cellsPerLoad))

/** The result by partition; "" for a check over the whole asset. */
const test = <R>(
  check: AnyCheck,
  partitions: "all" | ReadonlyArray<string>,
  options: CheckOptions<R>
): Effect.Effect<ReadonlyMap<string, Result>, never, R> =>
  Effect.gen(function*() {
    const io = yield* options.io(check.asset)
    const loaded = yield* io.load({ asset: storedOf(check.asset), partitions })
    const byPartition = new Map<string, Array<unknown>>(namesOf(check, partitions).map((partition) => [partition, []]))
    loaded.values.forEach((value, i) => byPartition.get(check.over === "asset" ? "" : loaded.partitions[i]!)?.push(value))
    const results = new Map<string, Result>()
    for (const [partition, values] of byPartition) results.set(partition, yield* evaluate<R>(check, values))
    return results
  }).pipe(Effect.catchCause((cause) => {
    const result = broken(Failure.ofCause(cause))
    return Effect.succeed(new Map(namesOf(check, partitions).map((partition) => [partition, result])))
  }))

/** The partitions that results are of; "" for the whole asset. */
const namesOf = (check: AnyCheck, partitions: "all" | ReadonlyArray<string>): ReadonlyArray<string> =>
  check.over === "asset" || partitions === "all" ? [""] : partitions

/** Calls the user's function on the values that its own asset's schema decoded; its types are erased in the graph. */
const evaluate = <R>(check: AnyCheck, values: ReadonlyArray<unknown>): Effect.Effect<Result, never, R> => {
  const erased = check.run as (value: unknown) => Effect.Effect<Result, unknown, R>
  return Effect.suspend(() => erased(check.asset.output._tag === "Rows" ? values : values[0])).pipe(
    Effect.catchCause((cause) => Effect.succeed(broken(Failure.ofCause(cause))))
  )
}

const broken = (failure: Failure.Failure): Result => ({
  passed: false,
  message: `the check itself failed: ${failure.message}`,
  examples: []
})
