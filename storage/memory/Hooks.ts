/** Hooks and what they are told, in memory. Nothing waits here, so that each method is at once what a transaction is. */
import { Clock, Effect } from "effect"
import { good, subjectOf } from "../../engine/record/HookEvent.ts"
import type { AssetFailure, HookStore, LastBefore, Past, ToldBefore } from "../../engine/record/HookStore.ts"
import { type HeldDelivery, type HeldHook, isAlive, isLost, nextHappening, note, type State } from "./State.ts"

const told = new Set(["waiting", "sent", "summed"])
const mostOthers = 10

const pastOf = ({ deliveries }: HeldHook, now: number): Past => {
  const recent = deliveries.toReversed()
  const past = { now, told: new Map<string, ToldBefore>(), last: new Map<string, LastBefore>() }
  for (const { event, happening, subject } of deliveries) {
    const before = past.last.get(subject)
    if (before === undefined || before.happening < happening) past.last.set(subject, { happening, kind: event.kind })
  }
  for (const fingerprint of new Set(deliveries.flatMap((one) => one.fingerprint ?? []))) {
    const last = recent.find((one) => one.fingerprint === fingerprint && told.has(one.state))
    if (last === undefined) continue
    const { happening, id, recordedAt, subject } = last
    if (deliveries.some((one) => one.subject === subject && one.happening > happening && good.has(one.event.kind))) continue
    const repeats = deliveries.filter((one) => one.fingerprint === fingerprint && one.state === "same" && one.id > id).length
    past.told.set(fingerprint, { at: recordedAt, repeats, subject })
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
      const hook = state.hooks.get(name) ?? { running, since, seen: nextHappening(state), deliveries: [] }
      state.hooks.set(name, hook)
      return hook
    })

  const record: HookStore["Service"]["record"] = (name, { cursor, occurrences }, judge) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const hook = runningHook(name)
      if (hook === undefined) return
      const fresh = occurrences.filter(({ happening }) => !hook.deliveries.some((one) => one.happening === happening))
      for (const { occurrence, state: judged } of judge(pastOf(hook, now), fresh)) {
        hook.deliveries.push({
          ...occurrence, id: ++state.lastDelivery, state: judged, subject: subjectOf(occurrence.event), recordedAt: now, due: now,
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
      Object.assign(hook, { running, since: yield* Clock.currentTimeMillis, seen: nextHappening(state) })
    }),
    hooks: Effect.sync(() =>
      [...state.hooks].map(([name, { deliveries, running, since }]) => {
        const count = (wanted: HeldDelivery["state"]) => deliveries.filter((one) => one.state === wanted).length
        return { name, running, since: new Date(since), waiting: count("waiting"), sent: count("sent"), failed: count("failed") }
      }).sort((left, right) => left.name < right.name ? -1 : 1)),
    noteChecks: (checks) =>
      Effect.map(Clock.currentTimeMillis, (now) => note(state, { state: "checked", at: new Date(now), checks })),
    noteLost: (goneMillis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const since = Math.min(...[...state.hooks.values()].flatMap((hook) => hook.running ? hook.since : []))
        for (const run of state.runs) {
          if (run === undefined || !isLost(run, now) || run.backfill?.paused === true) continue
          const last = run.members.filter(({ leftAt }) => leftAt === null).at(-1)?.worker
          if (last === undefined || last.expiresAt >= now - goneMillis || last.expiresAt < since) continue
          if (state.happenings.some((one) => one.run === run.id && one.worker === last.id)) continue
          note(state, { run: run.id, state: "lost", at: new Date(last.expiresAt), worker: last.id })
        }
      }),
    ages: (assets) =>
      Effect.map(Clock.currentTimeMillis, (now) => ({
        now,
        since: new Map(assets.map((asset) => {
          const known = state.ages.get(asset) ?? { since: now, isTooOld: false, deadline: null, asOf: Number.NEGATIVE_INFINITY }
          state.ages.set(asset, known)
          return [asset, known.since] as const
        }))
      })),
    noteAges: (asOf, ages) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const { asset, deadline, isTooOld, reason } of ages) {
          const known = state.ages.get(asset)
          const isNews = known?.isTooOld !== isTooOld || (isTooOld && known.deadline !== deadline)
          if (known === undefined || known.asOf >= asOf || !isNews) continue
          Object.assign(known, { isTooOld, deadline, asOf })
          note(state, { state: isTooOld ? "too old" : "in time", at: new Date(now), name: asset, reason: isTooOld ? reason : null })
        }
      }),
    happenings: (name, states, known = []) =>
      Effect.sync(() => {
        const hook = runningHook(name)
        const seen = new Set(known)
        const found = state.happenings.filter(({ at, id, state: happened }) =>
          hook !== undefined && id >= hook.seen && !seen.has(id) && at.getTime() >= hook.since && states.includes(happened))
        return { cursor: nextHappening(state), happenings: found }
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
        const kept = state.happenings.filter(({ at }, i) => at.getTime() >= before || i === state.happenings.length - 1)
        state.happenings.splice(0, state.happenings.length, ...kept)
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
