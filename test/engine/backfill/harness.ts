/** Runs small backfills on stores in memory, and tells what was computed when. */
import { Duration, Effect, Layer } from "effect"
import { Asset, type Input, type Partitions, type Retry, Rows } from "../../../index.ts"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { Store, Value } from "../assets.ts"
import { graphWith, memory } from "../run/harness.ts"
import * as Weather from "./weather.ts"

const timing = { lease: Duration.seconds(2), heartbeat: Duration.millis(500), cancelPoll: Duration.millis(50) }

/** Stores in memory of their own, and short leases. */
export const services = Layer.fresh(Layer.merge(memory, Layer.succeed(Lease.Timing, timing)))

export type Asked = Parameters<typeof Weather.request>[0]

export const start = (assets: ReadonlyArray<Asset.Any>, asked: Asked = {}, options: Backfill.Options = {}) =>
  Backfill.start(graphWith<Store>(assets), Weather.request(asked), options)

export const join = (assets: ReadonlyArray<Asset.Any>, id: number, options: Backfill.Options = {}) =>
  Backfill.join(graphWith<Store>(assets), id, options)

/** A backfill that nobody takes part in yet. */
export const create = (assets: ReadonlyArray<Asset.Any>, asked: Asked = {}) =>
  Effect.scoped(Effect.gen(function*() {
    const id = yield* Backfill.create(graphWith<Store>(assets), Weather.request(asked), yield* Lease.acquire)
    if (id === undefined) return yield* Effect.die("There was nothing to plan.")
    return id
  }))

/** Notes the beginning and the end of computations: `start a@x`, `end a@x`. */
export const journal = () => {
  const lines: Array<string> = []
  const computing = new Map<string, number>()
  let most = new Map<string, number>()
  const nameOf = (partition: unknown): string =>
    typeof partition === "object" && partition !== null
      ? "key" in partition ? String(partition.key) : Object.values(partition).map(nameOf).join("|")
      : partition === undefined ? "" : String(partition)
  const work = <A, E>(asset: string, partition: unknown, effect: Effect.Effect<A, E>) => {
    const cell = partition === undefined ? asset : `${asset}@${nameOf(partition)}`
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        lines.push(`start ${cell}`)
        const now = (computing.get(asset) ?? 0) + 1
        computing.set(asset, now)
        most.set(asset, Math.max(most.get(asset) ?? 0, now))
      }),
      () => effect,
      () =>
        Effect.sync(() => {
          lines.push(`end ${cell}`)
          computing.set(asset, computing.get(asset)! - 1)
        })
    )
  }
  const started = () => lines.flatMap((line) => line.startsWith("start ") ? [line.slice(6)] : [])
  const place = (line: string) => lines.indexOf(line)
  return { lines, most, nameOf, place, started, work }
}

export interface Definition {
  readonly partitions?: Partitions.Partitions<unknown, unknown>
  readonly inputs?: Readonly<Record<string, Asset.Any | Input.Input<unknown, unknown>>>
  readonly concurrency?: number
  readonly codeVersion?: string
  readonly retry?: Retry.Retry<unknown>
}

/** An asset of one text a row, whose computations are noted. */
export const noted = (
  { work }: ReturnType<typeof journal>,
  key: string,
  definition: Definition = {},
  run: (inputs: Readonly<Record<string, ReadonlyArray<{ readonly value: string }>>>, partition: unknown) => Effect.Effect<ReadonlyArray<string>, unknown> =
    () => Effect.succeed(["x"])
) =>
  Asset.make(key, {
    ...definition,
    output: Rows.of(Value),
    io: Store,
    run: (inputs, partition) =>
      Effect.map(
        // The inputs of these assets are rows of texts.
        work(key, partition, run(inputs as Readonly<Record<string, ReadonlyArray<{ readonly value: string }>>>, partition)),
        (values) => values.map((value) => ({ value }))
      )
  })
