/** Old records in memory are forgotten. */
import { Clock, Effect } from "effect"
import { type Kind, kinds, type RetentionStore } from "../../engine/record/RetentionStore.ts"
import { cellName, type Step } from "../../engine/record/Step.ts"
import { countsOf, type HeldSchedule, type RunRecord, type State } from "./State.ts"

export const make = (state: State): RetentionStore["Service"] => {
  const isNeeded = ({ id }: RunRecord, step: Step): boolean => {
    const stored = state.cells.get(step.asset)?.get(step.partition)?.stored
    if (step.state === "materialized") return stored?.materializedBy === id
    const name = cellName(step)
    return step.state === "failed" && stored?.failed === true &&
      !state.runs.some((later) => later !== undefined && later.id > id && later.steps.get(name)?.state === "failed")
  }

  let lastTurn: number | undefined
  const lastOf = ({ ticks }: HeldSchedule): number => Math.max(...ticks.keys())

  return {
    forget: Effect.fn("RetentionStore.forget")(function*({ dryRun, keys, olderThanMillis }) {
      const now = yield* Clock.currentTimeMillis
      const before = now - olderThanMillis
      const isOld = (run: RunRecord | undefined): boolean =>
        run === undefined || (run.state !== "running" && run.finishedAt !== null && run.finishedAt.getTime() < before)
      const rows = new Map<Kind, number>()
      const forget = (kind: Kind, count: number, remove: () => void) => {
        rows.set(kind, (rows.get(kind) ?? 0) + count)
        if (!dryRun && count > 0) remove()
      }

      const lastRuns = new Set<number>()
      for (const schedule of state.schedules.values()) {
        const last = lastOf(schedule)
        for (const [due, { at, run, state: tick }] of schedule.ticks) {
          if (due === last && run !== undefined) lastRuns.add(run)
          const isKept = due === last || at >= before || tick === "waiting" || (run !== undefined && !isOld(state.runs[run - 1]))
          if (!isKept) forget("ticks", 1, () => schedule.ticks.delete(due))
        }
      }
      const begun = new Set([...state.checkpoints.values()].map(({ run }) => run))
      for (const run of state.runs) {
        if (run === undefined || !isOld(run)) continue
        const steps = [...run.steps]
        const unneeded = steps.filter(([, step]) => !isNeeded(run, step))
        forget("steps", unneeded.length, () => {
          run.ended ??= countsOf(run)
          for (const [name] of unneeded) run.steps.delete(name)
        })
        for (const kind of ["attempts", "events", "checks"] as const) forget(kind, run[kind].length, () => void run[kind].splice(0))
        for (const { asks } of state.automations.values()) {
          const place = asks.findIndex((ask) => ask.run === run.id)
          if (place >= 0) forget("asks", 1, () => void asks.splice(place, 1))
        }
        forget("calls", run.calls.size, () => run.calls.clear())
        if (unneeded.length < steps.length || begun.has(run.id) || lastRuns.has(run.id)) continue
        if (run.backfill !== undefined) forget("backfills", 1, () => {})
        forget("runs", 1, () => void (state.runs[run.id - 1] = undefined))
      }
      for (const { olderThanMillis, sensor } of keys) {
        const { requests } = state.sensors.get(sensor) ?? { requests: new Map<string, never>() }
        for (const [key, { at, run }] of requests) {
          const isOpen = run !== undefined && state.runs[run - 1]?.state === "running"
          if (at < now - olderThanMillis && !isOpen) forget("keys", 1, () => requests.delete(key))
        }
      }
      return kinds.map((kind) => ({ kind, rows: rows.get(kind) ?? 0, bytes: 0 }))
    }),
    turn: (everyMillis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        if (lastTurn !== undefined && lastTurn > now - everyMillis) return false
        lastTurn = now
        return true
      })
  }
}
