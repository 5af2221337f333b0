/** Hooks and what they are told, in memory. Nothing waits here, so that each method is at once what a transaction is. */
import { Clock, Effect } from "effect"
import { good } from "../../engine/record/HookEvent.ts"
import type { AssetFailure, HookStore, LastBefore, Occurrence, Past, ToldBefore } from "../../engine/record/HookStore.ts"
import { type HeldDelivery, type HeldHook, isAlive, isLost, nextEnd, noteEnd, type State } from "./State.ts"

const told = new Set(["waiting", "sent", "summed"])
const mostOthers = 10

const selectionOf = ({ event }: Occurrence): string => event.run?.selection ?? ""

const pastOf = ({ deliveries }: HeldHook, now: number): Past => {
  const recent = deliveries.toReversed()
  const past = { now, told: new Map<string, ToldBefore>(), last: new Map<string, LastBefore>() }
  for (const { end, event, selection } of deliveries) {
    const before = past.last.get(selection)
    if (before === undefined || before.end < end) past.last.set(selection, { end, kind: event.kind })
  }
  for (const fingerprint of new Set(deliveries.flatMap((one) => one.fingerprint ?? []))) {
    const last = recent.find((one) => one.fingerprint === fingerprint && told.has(one.state))
    if (last === undefined) continue
    const { end, id, recordedAt, selection } = last
    if (deliveries.some((one) => one.selection === selection && one.end > end && good.has(one.event.kind))) continue
    const repeats = deliveries.filter((one) => one.fingerprint === fingerprint && one.state === "same" && one.id > id).length
    past.told.set(fingerprint, { at: recordedAt, repeats, selection })
  }
  return past
}

export const make = (state: State): HookStore["Service"] => {
  const runningHook = (name: string): HeldHook | undefined => {
    const hook = state.hooks.get(name)
    return hook?.running === true ? hook : undefined
  }

  const known = (name: string, running: boolean) =>
    Effect.map(Clock.currentTimeMillis, (since) => {
      const hook = state.hooks.get(name) ?? { running, since, seen: nextEnd(state), deliveries: [] }
      state.hooks.set(name, hook)
      return hook
    })

  const record: HookStore["Service"]["record"] = (name, { cursor, occurrences }, judge) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const hook = runningHook(name)
      if (hook === undefined) return
      const fresh = occurrences.filter(({ end }) => !hook.deliveries.some((one) => one.end === end))
      for (const { occurrence, state: judged } of judge(pastOf(hook, now), fresh)) {
        hook.deliveries.push({
          ...occurrence, id: ++state.lastDelivery, state: judged, selection: selectionOf(occurrence), recordedAt: now, due: now,
          worker: undefined, begunAt: undefined, sentAt: undefined, held: false, tries: 0, reason: null, toldIn: null
        })
      }
      hook.seen = Math.max(hook.seen, cursor)
    })

  const take: HookStore["Service"]["take"] = (name, worker, { choose, counted, withinMillis }) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const hook = runningHook(name)
      const holder = state.workers.get(worker)
      if (hook === undefined || holder === undefined) return { taken: undefined, nextMillis: Number.POSITIVE_INFINITY }
      const { deliveries } = hook
      const turn = choose({
        now,
        open: deliveries.filter((one) => one.state === "waiting").map(({ due, held, id, recordedAt, tries, worker }) => (
          { id, tries, held, due: worker === undefined ? due : recordedAt, taken: worker !== undefined && isAlive(worker, now) && due > now }
        )),
        begun: deliveries.flatMap(({ begunAt }) => begunAt ?? []).sort((left, right) => right - left).slice(0, counted)
      })
      for (const one of deliveries) {
        if (turn.hold.includes(one.id)) one.held = true
        if (turn.sum.includes(one.id)) Object.assign(one, { state: "summed", toldIn: turn.take ?? null })
      }
      const nextMillis = Math.max(0, turn.next - now)
      const own = deliveries.find(({ id }) => id === turn.take)
      if (own === undefined) return { taken: undefined, nextMillis }
      Object.assign(own, { worker: holder, tries: own.tries + 1, begunAt: own.begunAt ?? now, due: now + withinMillis })
      const { event, id, tries } = own
      const others = deliveries.filter(({ toldIn }) => toldIn === id)
      return {
        taken: { id, tries, event, others: others.slice(0, mostOthers).map((one) => one.event), othersCount: others.length },
        nextMillis
      }
    })

  return {
    record,
    take,
    announce: (names) => Effect.forEach(names, (name) => known(name, true), { discard: true }),
    setRunning: Effect.fnUntraced(function*(name, running) {
      const hook = yield* known(name, running)
      if (hook.running === running) return
      Object.assign(hook, { running, since: yield* Clock.currentTimeMillis, seen: nextEnd(state) })
    }),
    hooks: Effect.sync(() =>
      [...state.hooks].map(([name, { deliveries, running, since }]) => {
        const count = (wanted: HeldDelivery["state"]) => deliveries.filter((one) => one.state === wanted).length
        return { name, running, since: new Date(since), waiting: count("waiting"), sent: count("sent"), failed: count("failed") }
      }).sort((left, right) => left.name < right.name ? -1 : 1)),
    noteChecks: (checks) =>
      Effect.map(Clock.currentTimeMillis, (now) => noteEnd(state, { run: null, state: "checked", at: new Date(now), worker: undefined, checks })),
    noteLost: (goneMillis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const since = Math.min(...[...state.hooks.values()].flatMap((hook) => hook.running ? hook.since : []))
        for (const run of state.runs) {
          if (run === undefined || !isLost(run, now) || run.backfill?.paused === true) continue
          const last = run.members.filter(({ leftAt }) => leftAt === null).at(-1)?.worker
          if (last === undefined || last.expiresAt >= now - goneMillis || last.expiresAt < since) continue
          if (state.runEnds.some((one) => one.run === run.id && one.worker === last.id)) continue
          noteEnd(state, { run: run.id, state: "lost", at: new Date(last.expiresAt), worker: last.id, checks: [] })
        }
      }),
    ends: (name, states, known = []) =>
      Effect.sync(() => {
        const hook = runningHook(name)
        const seen = new Set(known)
        const ends = state.runEnds.filter(({ at, id, state: ended }) =>
          hook !== undefined && id >= hook.seen && !seen.has(id) && at.getTime() >= hook.since && states.includes(ended))
        return { cursor: nextEnd(state), ends: ends.map(({ at, checks, id, place, run, state: ended }) => ({ at, checks, id, place, run, state: ended })) }
      }),
    failures: (run) =>
      Effect.sync(() => {
        const failed = [...state.runs[run - 1]?.steps.values() ?? []].filter((step) => step.state === "failed")
          .sort((left, right) => left.finishedAt.getTime() - right.finishedAt.getTime())
        return Array.from(Map.groupBy(failed, ({ asset }) => asset), ([asset, steps]): AssetFailure => {
          const { attempts, error, partition } = steps[0]!
          return { asset, count: steps.length, partition, error: error ?? "", attempts }
        }).sort((left, right) => left.asset < right.asset ? -1 : 1)
      }),
    settle: (delivery, worker, outcome) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const own = [...state.hooks.values()].flatMap(({ deliveries }) => deliveries).find(({ id }) => id === delivery)
        if (own === undefined || own.state !== "waiting" || own.worker?.id !== worker || own.worker.stopped) return
        own.worker = undefined
        own.reason = outcome._tag === "Sent" ? null : outcome.reason
        if (outcome._tag === "Sent") Object.assign(own, { state: "sent", sentAt: now })
        else if (outcome._tag === "GaveUp") own.state = "failed"
        else own.due = now + outcome.afterMillis
      }),
    retry: (name) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const failed = (state.hooks.get(name)?.deliveries ?? []).filter((one) => one.state === "failed")
        for (const one of failed) Object.assign(one, { state: "waiting", held: true, tries: 0, begunAt: undefined, due: now })
        return failed.length
      }),
    forget: (olderThanMillis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const before = now - olderThanMillis
        for (const { deliveries } of state.hooks.values()) {
          const kept = deliveries.filter((one) => one.state === "waiting" || one.recordedAt >= before)
          deliveries.splice(0, deliveries.length, ...kept)
        }
        // The last one stays, for its number.
        const kept = state.runEnds.filter(({ at }, i) => at.getTime() >= before || i === state.runEnds.length - 1)
        state.runEnds.splice(0, state.runEnds.length, ...kept)
      }),
    deliveries: (name, { limit }) =>
      Effect.sync(() =>
        (state.hooks.get(name)?.deliveries ?? []).toReversed().slice(0, limit).map((one) => ({
          id: one.id,
          state: one.state,
          event: one.event,
          recordedAt: new Date(one.recordedAt),
          sentAt: one.sentAt === undefined ? null : new Date(one.sentAt),
          tries: one.tries,
          reason: one.reason,
          toldIn: one.toldIn
        })))
  }
}
