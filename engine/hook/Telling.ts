/** One look for a hook: what has happened since the last one is recorded, and what is due is delivered. */
import { Cause, Effect, Exit, Option, Result, Schedule } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import type { Happening } from "../record/Happening.ts"
import { HookStore, type Occurrence, type Outcome, type Taken } from "../record/HookStore.ts"
import type { RunStore, RunStoreError } from "../record/RunStore.ts"
import { expressionOf } from "../schedule/Selected.ts"
import { type Hook, NotDelivered } from "./Hook.ts"
import { judge } from "./Judgement.ts"
import * as Message from "./Message.ts"
import { type About, occurrenceOf, statesOf } from "./Occurring.ts"
import * as Pace from "./Pace.ts"

/** What became of a message. */
export type Told =
  | { readonly _tag: "Told"; readonly hook: string; readonly title: string }
  | { readonly _tag: "NotTold"; readonly hook: string; readonly title: string; readonly reason: string; readonly againMillis: number }
  | { readonly _tag: "GaveUp"; readonly hook: string; readonly title: string; readonly reason: string }

/** What a process has looked at for a hook and that would come again: an old transaction holds the cursor back. */
export type Seen = Map<number, Happening>

export interface Telling<R> {
  readonly graph: AssetGraph
  readonly hook: Hook<R>
  readonly seen: Seen
  readonly worker: string
  readonly told: (told: Told) => void
  /** Delivers beside the look, so that what is on its way is not cut off with it. Default: as part of it. */
  readonly beside?: <A>(delivery: Effect.Effect<A, RunStoreError, R | HookStore>) => Effect.Effect<A, RunStoreError, R | HookStore>
}

/** A delivery of a user's own channel that never ends is one that failed. */
const endsWithin = "2 minutes"

/** What is not settled after so long, others take: the database was away. */
const settlesWithinMillis = 300_000

/** The assets that a hook is about; why it names none that there are. */
export const aboutOf = (graph: AssetGraph, { of }: Hook<unknown>): Result.Result<About, string> =>
  of === undefined ? Result.succeed(undefined) : Selection.select(graph, expressionOf(of)).pipe(
    Result.mapBoth({ onFailure: ({ message }) => message, onSuccess: (found) => new Set(found) })
  )

/** Gives after how many milliseconds there is something to do; infinite: when something has happened. */
export const look = <R>(telling: Telling<R>): Effect.Effect<number, RunStoreError, R | RunStore | HookStore> =>
  Effect.andThen(collect(telling), deliver(telling))

const collect = Effect.fnUntraced(function*({ graph, hook, seen }: Pick<Telling<unknown>, "graph" | "hook" | "seen">) {
  const store = yield* HookStore
  // What the definition names wrongly was refused when the process began.
  const about = Result.getOrElse(aboutOf(graph, hook), () => undefined)
  const states = statesOf(hook)
  for (;;) {
    const { cursor, happenings } = yield* store.happenings(hook.name, states, seen.keys())
    if (happenings.length === 0) return
    const occurrences: Array<Occurrence> = []
    for (const happening of happenings) {
      const occurrence = yield* occurrenceOf(graph, hook, about, happening)
      if (occurrence !== undefined) occurrences.push(occurrence)
    }
    yield* store.record(hook.name, { cursor, occurrences }, judge(hook.onceMillis))
    for (const happening of happenings) seen.set(happening.id, happening)
    for (const { id, place } of seen.values()) if (place < cursor) seen.delete(id)
  }
})

const deliver = <R>(telling: Telling<R>) =>
  Effect.gen(function*() {
    const { hook, worker } = telling
    const { beside = (delivery) => delivery } = telling
    const store = yield* HookStore
    const options = { counted: hook.atMost.messages, withinMillis: settlesWithinMillis, choose: Pace.choose(hook) }
    for (;;) {
      const { nextMillis, taken } = yield* store.take(hook.name, worker, options)
      if (taken === undefined) return nextMillis
      yield* beside(one(telling, taken))
    }
  })

/** Sends a message and records what became of it. What is killed in between is sent again, with the same id. */
const one = Effect.fnUntraced(function*<R>({ hook, told, worker }: Telling<R>, taken: Taken) {
  const store = yield* HookStore
  const { event, others, othersCount, tries } = taken
  const message = { ...event, text: Message.withOthers(event.text, others, othersCount), others: othersCount }
  const exit = yield* Effect.exit(send(hook, message))
  const outcome = outcomeOf(exit, tries)
  // What is not noted is sent again: a database that is away for a moment comes back.
  yield* store.settle(taken.id, worker, outcome).pipe(
    Effect.retry({ while: ({ transient }) => transient, schedule: Schedule.spaced("1 second"), times: 60 })
  )
  const { title } = event
  if (outcome._tag === "Sent") told({ _tag: "Told", hook: hook.name, title })
  else if (outcome._tag === "GaveUp") told({ _tag: "GaveUp", hook: hook.name, title, reason: outcome.reason })
  else told({ _tag: "NotTold", hook: hook.name, title, reason: outcome.reason, againMillis: outcome.afterMillis })
})

/** Sends one message, once. */
export const send = <R>({ channel }: Hook<R>, event: Parameters<typeof channel.send>[0]): Effect.Effect<void, NotDelivered, R> =>
  Effect.suspend(() => channel.send(event)).pipe(
    Effect.timeoutOrElse({
      duration: endsWithin,
      orElse: () => Effect.fail(new NotDelivered({ message: `The ${channel.kind} channel did not end within ${endsWithin}.`, transient: true }))
    }),
    // A defect of a user's channel must not end the daemon.
    Effect.catchDefect((defect) =>
      Effect.fail(new NotDelivered({ message: defect instanceof Error ? defect.message : String(defect), transient: true })))
  )

const outcomeOf = (exit: Exit.Exit<void, NotDelivered>, tries: number): Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Sent" }
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  // Interrupted: it may have arrived or not.
  if (error === undefined) return { _tag: "Again", afterMillis: 0, reason: "The process ended meanwhile." }
  const afterMillis = error.transient ? Pace.retryMillis(tries, error.afterMillis) : undefined
  return afterMillis === undefined ? { _tag: "GaveUp", reason: error.message } : { _tag: "Again", afterMillis, reason: error.message }
}
