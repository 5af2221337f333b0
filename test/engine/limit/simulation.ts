/**
 * Processes that call a server under a limit, in simulated time: with latencies, lateness and deaths by chance. What is
 * known of an arrival is only that it lies between the sending and the answer.
 */
import * as Admission from "../../../engine/limit/Admission.ts"
import type { Reply, TooMany } from "../../../engine/limit/LimitStore.ts"
import type { Rate } from "../../../engine/limit/RateLimit.ts"
import * as OwnCalls from "../../../engine/limit/OwnCalls.ts"
import { countOf, momentsOf, type Segment } from "../../../engine/limit/Segment.ts"
import * as StoreClock from "../../../engine/limit/StoreClock.ts"

/** A call of a weight that arrived at some moment of [sent, answered]. */
export interface Made {
  readonly sent: number
  readonly answered: number
  readonly weight: number
  readonly refused: boolean
}

/** The most arrivals that any window can have held, as if somebody chose the arrivals to do the most harm. */
export const worst = (calls: ReadonlyArray<Made>, window: number): number => {
  const bySent = calls.toSorted((a, b) => a.sent - b.sent)
  const byAnswer = calls.toSorted((a, b) => a.answered - b.answered)
  let sent = 0
  let sentCount = 0
  let answeredBefore = 0
  let most = 0
  for (const { answered, weight } of byAnswer) {
    // The window [answered, answered + window): all that was sent before its end, but for what was answered before it.
    while (sent < bySent.length && bySent[sent]!.sent < answered + window - 1e-6) sentCount += bySent[sent++]!.weight
    most = Math.max(most, sentCount - answeredBefore)
    answeredBefore += weight
  }
  return most
}

export interface Scene {
  readonly rates: (now: number, process: number) => ReadonlyArray<Rate>
  readonly processes: number
  readonly millis: number
  /** Latency of a call. */
  readonly latency: () => number
  /** Between the process and the store, one way. */
  readonly travel: () => number
  /** How much later than its slot a call is sent. */
  readonly lateness: () => number
  readonly weight?: () => number
  /** Whether a process dies now, asked with each ask; another one starts in its place. */
  readonly dies?: () => boolean
  readonly keepMillis: number
  readonly leaseMillis?: number
  /** How many permits a process asks for at once. */
  readonly batch: number
  /** For how long a process wants nothing, asked with each lot; it says goodbye first. */
  readonly pause?: () => number
  /** The rates of a process change with the time. Default: they do not. */
  readonly oneRate?: false
  /** Whether the server says "too many" to a call that arrives now, and how long it asks to wait. */
  readonly tooMany?: (arrived: number) => boolean | { readonly retryAfterMillis: number }
}

interface Process {
  readonly id: string
  readonly place: number
  open: number
  answers: Array<number>
  dead: boolean
  readonly clock: StoreClock.StoreClock
  /** Undefined: it has several rates. */
  readonly own: OwnCalls.OwnCalls | undefined
}

/** All calls that were made; saturated: each process always wants more. */
export const simulate = (scene: Scene): { readonly calls: ReadonlyArray<Made>; readonly asks: number } => {
  const { leaseMillis = 2000 } = scene
  const bucket = { limit: "test", scope: "global", machine: "" } as const
  const queue: Array<{ readonly at: number; readonly run: (now: number) => void }> = []
  const later = (at: number, run: (now: number) => void) => {
    let place = queue.length
    while (place > 0 && queue[place - 1]!.at < at) place--
    queue.splice(place, 0, { at, run })
  }
  let budget = Admission.empty
  let asks = 0
  let names = 0
  const calls: Array<{ sent: number; answered: number; weight: number; refused: boolean; owner: Process }> = []

  /** It is told at once, as a limiter does, whatever else its process asks for. */
  const complain = (storeNow: number, tooMany: TooMany) => {
    ;[budget] = Admission.ask(budget, {
      bucket,
      holder: "complaint",
      leaseMillis,
      sentBy: undefined,
      rates: scene.rates(storeNow, 0),
      reckons: false,
      keepMillis: scene.keepMillis,
      want: 0,
      least: 1,
      open: 0,
      answered: [],
      tooMany
    }, storeNow)
  }

  const start = (place: number, now: number) => {
    const rate = scene.oneRate === false ? undefined : scene.rates(now, place)[0]
    const own = rate === undefined ? undefined : OwnCalls.make(rate)
    const me: Process = { id: `p${names++}`, place, open: 0, answers: [], dead: false, clock: StoreClock.make(), own }
    let pause = 0
    const step = (sentAt: number) => {
      if (me.dead) return
      const away = pause
      pause = 0
      const weight = scene.weight?.() ?? 1
      const answered: ReadonlyArray<Segment> = me.answers.map((at) => ({ count: 1, at: at - sentAt, spacing: 0 }))
      const sentBy = me.clock.latest(sentAt)
      const { open } = me
      me.answers = []
      later(sentAt + scene.travel(), (storeNow) => {
        asks++
        let reply: Reply
        ;[budget, reply] = Admission.ask(budget, {
          bucket,
          holder: me.id,
          leaseMillis,
          sentBy,
          rates: scene.rates(storeNow, place),
          reckons: own !== undefined,
          keepMillis: scene.keepMillis,
          want: away > 0 ? 0 : Math.max(weight, scene.batch),
          least: weight,
          open,
          answered,
          tooMany: undefined
        }, storeNow)
        const leaseEnd = storeNow + leaseMillis
        if (scene.dies?.() === true) {
          // It dies at some moment after this, at the latest when its lease ends; a request of it arrives before that.
          const death = storeNow + scene.latency() % leaseMillis
          later(death, (at) => {
            me.dead = true
            for (const call of calls) {
              if (call.owner === me && call.answered > at) call.answered = Math.min(call.answered, leaseEnd)
            }
            start(place, at)
          })
        }
        later(storeNow + scene.travel(), (got) => {
          if (me.dead) return
          me.clock.seen(reply.moment, sentAt, got)
          if (away > 0) return later(got + away, step)
          if (reply.lot.length === 0) return later(got + (reply.againInMillis ?? 1), step)
          const given = momentsOf(reply.lot).map((at) => me.clock.passed(reply.moment) + at)
          const slots = me.own?.dues(reply, given, me.open, got) ?? given
          let left = countOf(reply.lot)
          me.open += left
          let last = got
          for (let place = 0; left > 0;) {
            const size = place === 0 ? Math.min(weight, left) : Math.min(scene.weight?.() ?? 1, left)
            place += size
            left -= size
            const sent = Math.max(got, slots[place - 1]!) + scene.lateness()
            last = Math.max(last, sent)
            later(sent, () => {
              if (me.dead) return
              // The lease that it knows of is over: it must not use what it has.
              if (sent > sentAt + leaseMillis) return void (me.open -= size)
              const latency = scene.latency()
              const call = { sent, answered: sent + latency, weight: size, refused: false, owner: me }
              calls.push(call)
              const { tooMany } = scene
              if (tooMany !== undefined) {
                later(sent + latency / 2, (arrived) => {
                  const said = tooMany(arrived)
                  if (said === false) return
                  call.refused = true
                  const retryAfterMillis = said === true ? undefined : said.retryAfterMillis
                  later(call.answered + scene.travel(), (storeNow) =>
                    complain(storeNow, { sentAgoMillis: storeNow - sent, retryAfterMillis }))
                })
              }
              later(call.answered, (now) => {
                if (me.dead) return
                me.open -= size
                for (let i = 0; i < size; i++) me.answers.push(now)
                me.own?.answered(now, size)
              })
            })
          }
          pause = scene.pause?.() ?? 0
          later(Math.max(got, last + (pause > 0 ? 50 : -20)), step)
        })
      })
    }
    later(now, step)
  }
  for (let i = 0; i < scene.processes; i++) start(i, i * 7)
  for (let next = queue.pop(); next !== undefined && next.at <= scene.millis; next = queue.pop()) next.run(next.at)
  return { calls, asks }
}
