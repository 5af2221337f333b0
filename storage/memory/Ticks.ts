/** Schedules and their ticks in memory. Nothing waits here, so that each method is at once what a transaction is. */
import { Clock, Effect } from "effect"
import type { Decided, Standing, TickRecord, TickStore } from "../../engine/record/TickStore.ts"
import { unregistered } from "../Refusals.ts"
import * as Runs from "./Runs.ts"
import { executes, type HeldSchedule, isLost, note, type State } from "./State.ts"

const stopped = "the schedule was stopped"

export const make = (state: State): TickStore["Service"] => {
  const { createRun } = Runs.make(state)

  const standingOf = ({ running, since, ticks }: HeldSchedule, now: number): Standing => {
    const due = [...ticks.keys()].sort((left, right) => left - right)
    const last = due.at(-1)
    return {
      now,
      running,
      since,
      last: last === undefined ? undefined : { due: last, at: ticks.get(last)!.at },
      runs: due.flatMap((one) => ticks.get(one)!.run ?? []).filter((run) => state.runs[run - 1]?.state === "running"),
      waiting: due.filter((one) => ticks.get(one)!.state === "waiting")
    }
  }

  const announce: TickStore["Service"]["announce"] = (schedules) =>
    Effect.map(Clock.currentTimeMillis, (since) => {
      for (const { definition, name } of schedules) {
        const known = state.schedules.get(name)
        if (known === undefined) state.schedules.set(name, { running: true, since, definition, failing: false, ticks: new Map() })
        else if (known.definition === "") known.definition = definition
        else if (known.definition !== definition) Object.assign(known, { definition, since })
      }
    })

  const setRunning: TickStore["Service"]["setRunning"] = (name, running) =>
    Effect.map(Clock.currentTimeMillis, (since) => {
      const known = state.schedules.get(name)
      if (known === undefined) return void state.schedules.set(name, { running, since, definition: "", failing: false, ticks: new Map() })
      if (known.running === running) return
      Object.assign(known, { running, since })
      if (running) return
      for (const tick of known.ticks.values()) {
        if (tick.state === "waiting") Object.assign(tick, { state: "skipped", reason: stopped })
      }
    })

  const decide: TickStore["Service"]["decide"] = Effect.fn("TickStore.decide")(function*(name, worker, choose) {
    const now = yield* Clock.currentTimeMillis
    const known = state.schedules.get(name)
    if (known === undefined) return []
    if (!state.workers.has(worker)) return yield* unregistered(worker)
    const decided: Array<Decided> = []
    for (const decision of choose(standingOf(known, now))) {
      const before = known.ticks.get(decision.due)
      if (before !== undefined && (before.state !== "waiting" || decision._tag === "Wait")) continue
      const reason = "reason" in decision ? decision.reason : undefined
      const states = { Start: "started", Wait: "waiting", Skip: "skipped", Fail: "failed" } as const
      const tick = { state: states[decision._tag], at: now, run: undefined as number | undefined, reason }
      known.ticks.set(decision.due, tick)
      if (decision._tag === "Start") tick.run = yield* createRun(decision.request, worker)
      if (decision._tag === "Fail") note(state, { state: "tick failed", at: new Date(now), name, reason: decision.reason })
      else if (decision._tag === "Start" && known.failing) note(state, { state: "tick started", at: new Date(now), name })
      known.failing = decision._tag === "Fail" || (known.failing && decision._tag !== "Start")
      decided.push({ decision, run: tick.run })
    }
    return decided
  })

  const recordOf = (schedule: string, due: number, now: number): TickRecord => {
    const { at, reason = null, run = null, state: tick } = state.schedules.get(schedule)!.ticks.get(due)!
    const record = run === null ? undefined : state.runs[run - 1]
    const runState = record === undefined ? null : isLost(record, now) ? "lost" : record.state
    return { schedule, due: new Date(due), state: tick, at: new Date(at), run, runState, reason }
  }

  return {
    announce,
    setRunning,
    decide,
    schedules: Effect.sync(() =>
      [...state.schedules].map(([name, { running, since }]) => ({ name, running, since: new Date(since) }))
        .sort((left, right) => left.name < right.name ? -1 : 1)
    ),
    standings: (names) =>
      Effect.map(Clock.currentTimeMillis, (now) => ({
        now,
        standings: new Map(names.flatMap((name) => {
          const known = state.schedules.get(name)
          return known === undefined ? [] : [[name, standingOf(known, now)] as const]
        }))
      })),
    open: (names, worker) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        names.flatMap((schedule) =>
          [...state.schedules.get(schedule)?.ticks.values() ?? []].flatMap(({ run }) => {
            const record = run === undefined ? undefined : state.runs[run - 1]
            if (record === undefined || record.cancelRequested) return []
            const own = executes(record, worker)
            return own || isLost(record, now) ? [{ schedule, run: record.id, own }] : []
          })
        )),
    fail: (run, reason) =>
      Effect.sync(() => {
        for (const { ticks } of state.schedules.values()) {
          for (const tick of ticks.values()) if (tick.run === run) Object.assign(tick, { state: "failed", reason })
        }
      }),
    ticks: (schedule, { limit }) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        [...state.schedules.get(schedule)?.ticks.keys() ?? []].sort((left, right) => right - left).slice(0, limit)
          .map((due) => recordOf(schedule, due, now)))
  }
}
