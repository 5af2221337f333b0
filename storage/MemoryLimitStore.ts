/** Rate limits in memory: for tests, and where a process shares nothing. Its clock is Effect's. */
import { Clock, Effect, Layer } from "effect"
import * as Admission from "../engine/limit/Admission.ts"
import { type Bucket, LimitStore, type Usage } from "../engine/limit/LimitStore.ts"

const keyOf = ({ limit, machine, scope }: Bucket): string => JSON.stringify([limit, scope, machine])

/** A store of its own. */
export const make = (): LimitStore["Service"] => {
  const budgets = new Map<string, { readonly bucket: Bucket; readonly budget: Admission.Budget }>()
  const monotonic = Clock.clockWith((clock) => Effect.sync(() => Number(clock.monotonicTimeNanosUnsafe()) / 1e6))
  return LimitStore.of({
    ask: (request) =>
      Effect.map(monotonic, (now) => {
        const key = keyOf(request.bucket)
        const [budget, reply] = Admission.ask(budgets.get(key)?.budget ?? Admission.empty, request, now)
        budgets.set(key, { bucket: request.bucket, budget })
        return reply
      }),
    usage: Effect.map(monotonic, (now): ReadonlyArray<Usage> =>
      [...budgets.values()].map(({ bucket, budget }) => Admission.usage(bucket, budget, now)))
  })
}

/** Each build of the layer is a store of its own. */
export const layer: Layer.Layer<LimitStore> = Layer.sync(LimitStore, make)
