/**
 * What automations would ask for over a span of time, without doing it: every run that they ask for succeeds at once, and
 * assets without automation stay as they are.
 */
import { DateTime, Effect } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { PartitionSpace } from "../partition/PartitionSpace.ts"
import type { State } from "../record/AutomationState.ts"
import * as NextMoment from "./NextMoment.ts"
import * as Round from "./Round.ts"
import type { World } from "./World.ts"

export interface Simulated {
  readonly at: DateTime.Utc
  readonly asset: string
  readonly cells: PartitionSet.PartitionSet
  readonly space: PartitionSpace
}

/** Rounds of one moment: each asks for what the one before has brought about. A condition that is always true has no last one. */
const mostRounds = 100

/** From one moment to another, both included: at the first one, and whenever a cron expression is due, a window ends or a cell comes of age. */
export const run = Effect.fnUntraced(function*(graph: AssetGraph, world: World, span: {
  readonly from: number
  readonly to: number
  readonly states: ReadonlyMap<string, State>
  /** Stops after so many entries. */
  readonly limit: number
}) {
  const found: Array<Simulated> = []
  let states = span.states
  let due = Number.POSITIVE_INFINITY
  for (let at = span.from; at <= span.to && found.length < span.limit; at = Math.min(due, NextMoment.after(graph, at))) {
    const now = DateTime.makeUnsafe(at)
    for (let i = 0; i < mostRounds && found.length < span.limit; i++) {
      const { broken, evaluated, snapshot } = yield* Round.evaluate({
        snapshot: world.snapshot(now), states, open: new Map(), claimed: new Map(), reading: Round.known
      })
      for (const unevaluated of broken.values()) return yield* unevaluated
      states = new Map(Array.from(evaluated, ([asset, { state }]) => [asset, state]))
      due = Math.min(...Array.from(evaluated.values(), ({ next }) => next))
      const asked = Array.from(evaluated).filter(([, { asked }]) => !PartitionSet.isEmpty(asked))
      if (asked.length === 0) break
      for (const [asset, { asked: cells }] of asked) {
        found.push({ at: now, asset, cells, space: snapshot.space(asset) })
        world.materialize(asset, cells, now)
      }
    }
  }
  return found.slice(0, span.limit)
})
