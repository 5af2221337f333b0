/** A batch asset for tests of groups, and what its calls give. */
import { Data, Duration, Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Partitions, Retry, Rows } from "../../../../index.ts"
import { Store, Value } from "../../assets.ts"

export class Blip extends Data.TaggedError("Blip")<{ readonly id: string }> {
  override readonly message = `the API said 503 for ${this.id}`
  readonly transient = true
}
export class Unknown extends Data.TaggedError("Unknown")<{ readonly id: string }> {
  override readonly message = `no game ${this.id}`
}

export const keysOf = (count: number) => Array.from({ length: count }, (_, i) => `k${String(i).padStart(3, "0")}`)
export const row = (value: string) => [{ value }]

export type Item = ReadonlyArray<{ readonly value: string }> | Result.Result<ReadonlyArray<{ readonly value: string }>, unknown>

export interface Definition {
  readonly count?: number
  readonly batch?: number
  readonly concurrency?: number
  readonly timeout?: Duration.Input
  readonly retry?: Retry.Retry<unknown>
}

/** A batch asset of one text a cell, and the calls that it got. */
export const batched = (run: (keys: ReadonlyArray<string>, call: number) => Effect.Effect<ReadonlyArray<Item>, unknown>, definition: Definition = {}) => {
  const calls: Array<ReadonlyArray<string>> = []
  const { batch = 500, count = 500, ...rest } = definition
  const asset = Asset.make("odds", {
    ...rest,
    partitions: Partitions.fixed(keysOf(count)),
    output: Rows.of(Value),
    io: Store,
    batch,
    run: (_, keys) => Effect.suspend(() => run(keys, calls.push(keys)))
  })
  return { asset, calls, sizes: () => calls.map((keys) => keys.length) }
}

export const elapse = <A, E, R>(effect: Effect.Effect<A, E, R>, time: Duration.Input, steps = 40) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    const step = Duration.toMillis(Duration.fromInputUnsafe(time)) / steps
    for (let i = 0; i < steps; i++) yield* TestClock.adjust(step)
    return yield* Fiber.join(fiber)
  })

export const good = (keys: ReadonlyArray<string>) => Effect.succeed(keys.map(row))
