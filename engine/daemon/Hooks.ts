/** The hooks that a daemon tells, each beside the others: a receiver that does not answer keeps nobody else waiting. */
import { Duration, Effect, Fiber, FiberSet, Queue, Schedule, Stream } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import type { Hook } from "../hook/Hook.ts"
import * as Telling from "../hook/Telling.ts"
import { HookStore } from "../record/HookStore.ts"
import { AutomationStore } from "../record/AutomationStore.ts"
import type { RunStore, RunStoreError } from "../record/RunStore.ts"
import { SensorStore } from "../record/SensorStore.ts"
import type { Lease } from "../run/Lease.ts"
import * as Ages from "./Ages.ts"
import { monotonicMillis } from "./Monotonic.ts"
import type { Looked, Watcher } from "./Observation.ts"

/** The store tells of the ends of runs; this is for all else that happens, and for messages that another process has left. */
const lookMillis = 5000

/** A lost run that nobody has taken over after so long is told of: daemons take theirs over within seconds. */
export const lostAfterMillis = 30_000

/** Ends and deliveries are remembered for so long. */
export const rememberedMillis = Duration.toMillis("30 days")

/** What is to be told when a daemon ends gets this long. */
const endsWithin = "5 seconds"

export interface Serving<R> {
  readonly graph: AssetGraph
  readonly hooks: ReadonlyArray<Hook<R>>
  readonly lease: Lease
  readonly watcher: Watcher
  readonly looked: Looked
}

type Services<R> = R | RunStore | AutomationStore | HookStore | SensorStore

/** After a look at ages that took long it rests so many times as long. */
const restShare = 9

/** `serve` tells until it is interrupted; `finish` tells what ended last. The scope's end waits for what is on its way. */
export const make = Effect.fnUntraced(function*<R>({ graph, hooks, lease, looked, watcher }: Serving<R>) {
  const sends = yield* FiberSet.make<unknown, RunStoreError>()
  yield* Effect.addFinalizer(() => Effect.timeoutOption(FiberSet.awaitEmpty(sends), endsWithin))
  const seen = new Map(hooks.map((hook): [Hook<R>, Telling.Seen] => [hook, new Map()]))
  const looking = (hook: Hook<R>) =>
    Telling.look<R>({
      graph, hook, seen: seen.get(hook)!, worker: lease.worker, told: watcher,
      beside: (delivery) => Effect.flatMap(FiberSet.run(sends, delivery), Fiber.join)
    })

  const telling = (hook: Hook<R>, awake: Queue.Queue<void>) =>
    looking(hook).pipe(
      // What keeps the daemon from its database is told by its other parts.
      Effect.orElseSucceed(() => lookMillis),
      // Whatever is wrong with a hook, schedules go on.
      Effect.catchDefect((defect) => Effect.as(Effect.logError(`The hook ${hook.name} cannot be told:`, defect), lookMillis)),
      Effect.flatMap((millis) => Effect.raceFirst(Queue.take(awake), Effect.sleep(Math.min(millis, lookMillis)))),
      Effect.forever
    )

  const serve: Effect.Effect<never, never, Services<R>> = Effect.gen(function*() {
    const store = yield* HookStore
    // Also what hooks have left that there are not any more.
    const forgetting = Effect.ignore(store.forget(rememberedMillis)).pipe(Effect.repeat(Schedule.spaced("1 hour")), Effect.andThen(Effect.never))
    if (hooks.length === 0) return yield* forgetting
    const { ends } = yield* SensorStore
    const lines = yield* Effect.forEach(hooks, (hook) => Effect.map(Queue.sliding<void>(1), (awake) => ({ awake, hook })))
    yield* Effect.ignore(store.announce(hooks.map(({ name }) => name)).pipe(Effect.retry(Schedule.spaced(lookMillis))))
    const listening = Stream.runForEach(ends, () => Effect.forEach(lines, ({ awake }) => Queue.offer(awake, undefined), { discard: true })).pipe(
      Effect.ignore,
      Effect.repeat(Schedule.spaced("1 second"))
    )
    // Not at once: daemons take runs over first.
    const lost = Effect.ignore(store.noteLost(lostAfterMillis)).pipe(
      Effect.delay(lookMillis),
      // Whether a receiver answers says nothing of the daemon: it looks further, and messages have their own times.
      Effect.andThen(Effect.sync(() => looked("hooks", lookMillis))),
      Effect.forever
    )
    return yield* Effect.raceAllFirst([
      Effect.andThen(listening, Effect.never),
      lost,
      aging(graph, Ages.watched(graph, hooks)),
      forgetting,
      ...lines.map(({ awake, hook }) => telling(hook, awake))
    ])
  })

  const finish: Effect.Effect<void, never, Services<R>> = Effect.forEach(hooks, (hook) => Effect.ignore(looking(hook)), {
    concurrency: "unbounded", discard: true
  }).pipe(Effect.timeoutOption(endsWithin), Effect.asVoid)

  return { serve, finish }
})

/** Notes which assets have become too old or are in time again, when something was stored and when time has made one too old. */
const aging = Effect.fnUntraced(function*(graph: AssetGraph, assets: ReturnType<typeof Ages.watched>) {
  if (assets.length === 0) return yield* Effect.never
  const { pulse } = yield* AutomationStore
  let seen: string | undefined
  let next = Number.NEGATIVE_INFINITY
  const look = Effect.gen(function*() {
    const began = yield* monotonicMillis
    const now = yield* pulse
    if (now === seen && began < next) return lookMillis
    next = began + (yield* Ages.note(graph, assets))
    // What has changed meanwhile is looked at again.
    seen = now
    return Math.max(lookMillis, ((yield* monotonicMillis) - began) * restShare)
  })
  return yield* Effect.forever(look.pipe(
    // What keeps the daemon from its database is told by its other parts.
    Effect.orElseSucceed(() => lookMillis),
    Effect.catchDefect((defect) => Effect.as(Effect.logError("The ages of assets cannot be told:", defect), lookMillis)),
    Effect.flatMap((millis) => Effect.sleep(millis))
  ))
})
