/** How old assets are that say how old they may be, noted for hooks: what has become too old, and what is in time again. */
import { DateTime, Effect } from "effect"
import type { Any } from "../definition/Asset.ts"
import type { Freshness } from "../definition/Freshness.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import type { Hook } from "../hook/Hook.ts"
import * as Age from "../plan/Age.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import type { AgeRecord } from "../record/Happening.ts"
import { HookStore } from "../record/HookStore.ts"
import * as Span from "../Span.ts"

/** The assets whose ages a hook is told of. */
export const watched = (graph: AssetGraph, hooks: ReadonlyArray<Pick<Hook<unknown>, "on">>): ReadonlyArray<Any> =>
  hooks.some(({ on }) => on.some(({ name }) => name === "freshness missed"))
    ? [...graph.assets.values()].filter(({ freshness }) => freshness !== undefined)
    : []

/** Notes them, and gives after how many milliseconds time alone may change something. */
export const note = Effect.fn("Ages.note")(function*(graph: AssetGraph, assets: ReadonlyArray<Any>) {
  const store = yield* HookStore
  const names = assets.map(({ key }) => key)
  const { now, since } = yield* store.ages(names)
  const snapshot = yield* Snapshot.load(graph, names, DateTime.makeUnsafe(now))
  const found = assets.flatMap(({ freshness, key }) => {
    if (freshness === undefined) return []
    const from = since.get(key) ?? now
    const age = Age.of(snapshot, key, freshness, from)
    return [{ record: recordOf(key, freshness, age), next: Age.nextChange(age, freshness, now, from) }]
  })
  yield* store.noteAges(now, found.map(({ record }) => record))
  return Math.min(...found.map(({ next }) => next)) - now
})

const recordOf = (asset: string, freshness: Freshness, { dataOf, deadline, isTooOld }: Age.Age): AgeRecord => ({
  asset,
  isTooOld,
  deadline: deadline ?? null,
  reason: isTooOld ? `${dataText(dataOf)}, and it may be ${Span.exact(freshness.withinMillis)} old${deadlineText(deadline)}.` : null
})

const moment = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19).replace("T", " ")} UTC`

const dataText = (dataOf: number | undefined): string => dataOf === undefined ? "Nothing of it is stored" : `Its data is of ${moment(dataOf)}`

const deadlineText = (deadline: number | undefined): string => deadline === undefined ? "" : ` at ${moment(deadline)}`
