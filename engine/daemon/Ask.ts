/** What a tick or a sensor asks for, as the request of a run. */
import { DateTime, Result } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import * as PartitionKey from "../partition/PartitionKey.ts"
import { BackfillOptions, everything, Target } from "../record/Backfill.ts"
import { type Asker as AskedBy, RunRequest } from "../record/Run.ts"
import type { Request } from "../record/SensorStore.ts"
import type { Decision } from "../record/TickStore.ts"
import type { Moment } from "../schedule/Cron.ts"
import type { Ask, Schedule } from "../schedule/Schedule.ts"
import { expressionOf } from "../schedule/Selected.ts"
import * as Ticks from "../schedule/Ticks.ts"
import type { Asked } from "../sensor/Sensor.ts"

/** What asks for what has its name, where it names nothing else. */
type Asker = Pick<Schedule, "name">

/** The selection expression of an ask. */
export const selectionOf = ({ name }: Asker, { select = name }: Ask): string => expressionOf(select)

/** The partition expression of an ask; null: all partitions. */
export const partitionsOf = ({ partitions }: Ask): string | null =>
  partitions === undefined || typeof partitions === "string"
    ? partitions ?? null
    : partitions.map((key) => (typeof key === "string" ? [key] : key).map(PartitionKey.literal).join("|")).join(",")

/** A list without keys asks for nothing. */
const isNothing = ({ partitions }: Ask): boolean => partitions?.length === 0 && typeof partitions !== "string"

const nothing = "it asks for no partition"

/** Why the ask of a schedule names nothing that there is; undefined where its ticks decide, or all is well. */
export const wrong = (graph: AssetGraph, schedule: Schedule): string | undefined => {
  if (typeof schedule.request === "function") return undefined
  const selected = Selection.select(graph, selectionOf(schedule, schedule.request))
  return Result.isFailure(selected) ? selected.failure.message : undefined
}

/** What a run would do, as a backfill: failed cells too. */
const backfillOf = ({ name }: Asker, partitions: string | null, force: boolean): BackfillOptions =>
  new BackfillOptions({
    name,
    target: new Target({ ...everything, partitions }),
    only: ["missing", "stale", "failed", ...force ? ["fresh" as const] : []],
    order: "oldest",
    batch: null,
    maxFailures: null
  })

/** An ask as a request, or why it names nothing that there is. */
const requestOf = (graph: AssetGraph, kind: AskedBy["kind"], asker: Asker, ask: Ask): Result.Result<RunRequest, string> => {
  const selection = selectionOf(asker, ask)
  const { backfill = false, concurrency = 8, force = false } = ask
  const partitions = partitionsOf(ask)
  return Result.mapBoth(Selection.select(graph, selection), {
    onFailure: ({ message }) => message,
    onSuccess: () =>
      new RunRequest({
        selection,
        partitions,
        force,
        concurrency,
        askedBy: { kind, name: asker.name },
        ...backfill ? { backfill: backfillOf(asker, partitions, force) } : {}
      })
  })
}

/** What becomes of a key of a sensor. */
export const ofSensor = (graph: AssetGraph, sensor: Asker, { ask, key }: Asked): Request => {
  if (ask instanceof Error) return { _tag: "Fail", key, reason: `The request of the sensor threw: ${ask.message}` }
  if ("_tag" in ask) return { _tag: "Skip", key, reason: ask.reason }
  if (isNothing(ask)) return { _tag: "Skip", key, reason: nothing }
  return Result.match(requestOf(graph, "sensor", sensor, ask), {
    onFailure: (reason): Request => ({ _tag: "Fail", key, reason }),
    onSuccess: (request): Request => ({ _tag: "Start", key, request })
  })
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
    if (isNothing(ask)) return { _tag: "Skip", due, reason: nothing }
    const asked = requestOf(graph, "schedule", schedule, ask)
    if (Result.isFailure(asked)) return fail(asked.failure)
    const at = DateTime.toDateUtc(DateTime.makeUnsafe(due))
    return { _tag: "Start", due, request: new RunRequest({ ...asked.success, at }) }
  } catch (error) {
    // The function of the user's.
    return fail(`The request of the schedule threw: ${error instanceof Error ? error.message : String(error)}`)
  }
}
