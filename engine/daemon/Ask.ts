/** What a tick asks for, as the request of a run. */
import { DateTime, Result } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import { RunRequest } from "../record/Run.ts"
import type { Decision } from "../record/TickStore.ts"
import type { Moment } from "../schedule/Cron.ts"
import type { Ask, Schedule, Selected } from "../schedule/Schedule.ts"
import * as Ticks from "../schedule/Ticks.ts"

const wordOf = (one: string | { readonly key: string } | { readonly name: string }): string =>
  typeof one === "string" ? one : "key" in one ? one.key : one.name

const isList = (selected: Selected): selected is Extract<Selected, ReadonlyArray<unknown>> => Array.isArray(selected)

/** The selection expression of an ask. */
export const selectionOf = ({ name }: Schedule, { select = name }: Ask): string =>
  isList(select) ? select.map(wordOf).join(" ") : wordOf(select)

/** Why the ask of a schedule names nothing that there is; undefined where its ticks decide, or all is well. */
export const wrong = (graph: AssetGraph, schedule: Schedule): string | undefined => {
  if (typeof schedule.request === "function") return undefined
  const selected = Selection.select(graph, selectionOf(schedule, schedule.request))
  return Result.isFailure(selected) ? selected.failure.message : undefined
}

/** What becomes of a tick that may start: its run, or why there is none. */
export const decisionOf = (graph: AssetGraph, schedule: Schedule, moment: Moment): Decision => {
  const due = moment.instant
  const fail = (reason: string): Decision => ({ _tag: "Fail", due, reason })
  try {
    const ask = typeof schedule.request === "function"
      ? schedule.request(Ticks.tickOf(schedule, moment))
      : schedule.request
    if ("_tag" in ask) return { _tag: "Skip", due, reason: ask.reason }
    const selection = selectionOf(schedule, ask)
    const selected = Selection.select(graph, selection)
    if (Result.isFailure(selected)) return fail(selected.failure.message)
    const { concurrency = 8, force = false, partitions = null } = ask
    const at = DateTime.toDateUtc(DateTime.makeUnsafe(due))
    return { _tag: "Start", due, request: new RunRequest({ selection, partitions, force, concurrency, at }) }
  } catch (error) {
    // The function of the user's.
    return fail(`The request of the schedule threw: ${error instanceof Error ? error.message : String(error)}`)
  }
}
