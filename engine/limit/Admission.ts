/**
 * Who gets permits when: what every limit store does with an ask, as pure functions of a budget and the time.
 *
 * A permit counts from when it is given until a window after the answer of its call. The call arrives at the server
 * somewhere in between, so of all calls that can arrive in one window at most n have permits, whatever the latency.
 */
import { type Fallen, fall, never, paceAt } from "./Falling.ts"
import type { Ask, Bucket, Reply, Usage } from "./LimitStore.ts"
import { type Rate, windowOf } from "./RateLimit.ts"
import { countOf, cover, endOf, type Segment } from "./Segment.ts"

interface Offer {
  readonly slots: ReadonlyArray<Segment>
  /** The slot after them; where a burst may make up for what was late, an earlier one. */
  readonly next: number
}

export interface Holder {
  readonly id: string
  readonly aliveUntil: number
  readonly rates: ReadonlyArray<Rate>
  readonly open: number
  readonly want: number
  readonly least: number
  /** Its place in the line: since when it waits. */
  readonly since: number
  /** When it asks again; a lot given to it meanwhile begins no sooner. */
  readonly asksAt: number
  /** Given, and fetched with its next ask. */
  readonly lot: ReadonlyArray<Segment>
}

/** Times are milliseconds of the store's clock. */
export interface Budget extends Fallen {
  readonly holders: ReadonlyArray<Holder>
  /** Calls that may count yet. */
  readonly answered: ReadonlyArray<Segment>
  /** The first slot that evenly spaced calls leave, as early as a burst may make it. */
  readonly next: number
  readonly keep: number
  /** Who was the only holder since when; "": there were several. */
  readonly sole: { readonly id: string; readonly since: number }
}

export const empty: Budget = {
  ...never,
  holders: [],
  answered: [],
  next: Number.NEGATIVE_INFINITY,
  keep: 0,
  sole: { id: "", since: Number.NEGATIVE_INFINITY }
}

/** Lots are given no longer before their first slot: what is given cannot be paused any more. */
const lead = 1000
/** A store is not asked again sooner. */
const soonest = 25

/** Permits of holders, used or not. */
const openOf = (holders: ReadonlyArray<Holder>): number => holders.reduce((all, { lot, open }) => all + open + countOf(lot), 0)

const spacingOf = ({ calls, perMillis }: Rate): number => perMillis / calls

/** A lower rate as fewer calls in the window; where that were fewer than one call needs, as a longer window. */
const slowed = (rate: Rate, factor: number, least: number): Rate => {
  const calls = Math.max(Math.min(least, rate.calls), Math.floor(rate.calls * factor))
  return {
    calls,
    perMillis: Math.max(rate.perMillis, calls * rate.perMillis / (rate.calls * factor)),
    burst: Math.min(calls, Math.max(1, Math.floor(rate.burst * factor)))
  }
}

const slower = (budget: Budget, { rates, tooMany }: Ask, now: number): Budget =>
  tooMany === undefined ? budget : { ...budget, ...fall(budget, tooMany, rates, now) }

/** Notes who is the only holder: what others told is no later than the last ask at which they were there. */
const notice = (budget: Budget, { holder }: Ask, now: number): Budget => {
  const others = budget.holders.filter(({ id }) => id !== holder)
  if (others.some(({ aliveUntil }) => aliveUntil > now)) return { ...budget, sole: { id: "", since: now } }
  return others.length === 0 && budget.sole.id === holder ? budget : { ...budget, sole: { id: holder, since: now } }
}

/** What dead holders leave behind: their calls count as if they had arrived at the end of the lease. */
const bury = (budget: Budget, now: number): Budget => {
  const dead = budget.holders.filter(({ aliveUntil }) => aliveUntil <= now)
  const left = dead.filter(({ open }) => open > 0).map(({ aliveUntil, open }) => ({ count: open, at: aliveUntil, spacing: 0 }))
  const answered = [...budget.answered, ...left].filter((segment) => endOf(segment) + budget.keep > now)
  return { ...budget, answered, holders: budget.holders.filter((holder) => !dead.includes(holder)) }
}

/**
 * Remembers answers. Those of one two-thousandth of the shortest window become one, later rather than sooner: of a limit
 * of a million calls a day a few thousand are remembered.
 */
const remember = (budget: Budget, { answered, rates, sentBy }: Ask, now: number): Budget => {
  const segments = [...budget.answered]
  const sentAt = Math.min(now, sentBy ?? now)
  const grain = Math.min(...rates.map(({ perMillis }) => perMillis)) / 2000
  const grainOf = (moment: number) => Math.floor(moment / grain)
  for (const told of answered) {
    const added = { ...told, at: sentAt + told.at }
    const last = segments.at(-1)
    const moments = last === undefined ? [] : [last.at, endOf(last), added.at, endOf(added)]
    if (last !== undefined && moments.every((moment) => grainOf(moment) === grainOf(added.at))) {
      segments[segments.length - 1] = { count: last.count + added.count, at: Math.max(...moments), spacing: 0 }
    } else segments.push(added)
  }
  return { ...budget, answered: segments }
}

/** How many answered calls still count. */
export const counting = (answered: ReadonlyArray<Segment>, window: number, now: number): number =>
  answered.reduce((all, segment) => {
    if (endOf(segment) + window <= now) return all
    if (segment.spacing <= 0 || segment.at + window > now) return all + segment.count
    return all + segment.count - Math.min(segment.count, Math.floor((now - window - segment.at) / segment.spacing) + 1)
  }, 0)

/**
 * The first `count` moments from now on at which answered calls cease to count. Only segments that can hold one of them
 * are taken apart: of thousands of calls those of a few hundredths of a second.
 */
const releases = (answered: ReadonlyArray<Segment>, window: number, now: number, count: number): ReadonlyArray<number> => {
  if (count <= 0) return []
  let seen = 0
  let last = Number.POSITIVE_INFINITY
  for (const segment of answered.toSorted((a, b) => endOf(a) - endOf(b))) {
    seen += counting([segment], window, now)
    last = endOf(segment)
    if (seen >= count) break
  }
  const all: Array<number> = []
  for (const { at, count: calls, spacing } of answered) {
    if (at > last) continue
    for (let i = 0; i < calls; i++) {
      const release = at + i * spacing + window
      if (release > now) all.push(release)
    }
  }
  return all.sort((a, b) => a - b)
}

/** When so many calls have ceased to count, or soon after. */
const releasedBy = (answered: ReadonlyArray<Segment>, window: number, now: number, count: number): number => {
  let seen = 0
  if (count <= 0) return now
  for (const segment of answered.toSorted((a, b) => endOf(a) - endOf(b))) {
    seen += counting([segment], window, now)
    if (seen >= count) return endOf(segment) + window
  }
  return now
}

/**
 * The soonest slots for a holder; or, where what is open has to be answered first, the moment until which there can be
 * none. Slots are as far apart as the slowest rate says, but for what a burst may catch up with, and none is before the
 * answered calls that it needs out of the way.
 */
const offer = (
  budget: Budget,
  holder: Holder,
  declared: ReadonlyArray<Rate>,
  factor: number,
  isReckoning: boolean,
  now: number
): Offer | number => {
  const open = openOf(budget.holders)
  const least = Math.max(1, Math.min(holder.least, holder.want))
  const rates = declared.map((rate) => slowed(rate, factor, least))
  const count = Math.min(holder.want, ...rates.map(({ calls }) => calls - open))
  if (count < least) {
    // What is open counts for a window yet, and its answer is told within a twentieth of it.
    return now + 0.9 * Math.min(...rates.filter(({ calls }) => calls - open < least).map(({ perMillis }) => perMillis))
  }
  const slowest = rates.reduce((a, b) => {
    const difference = spacingOf(a) - spacingOf(b)
    return difference > 0 || (difference === 0 && a.burst <= b.burst) ? a : b
  })
  const spacing = spacingOf(slowest)
  const credit = (slowest.burst - 1) * spacing
  const earliest = Math.max(now, holder.asksAt, budget.pausedUntil)
  if (isReckoning) {
    // Who reckons for itself needs no more than a bound, unless it were so late that it has to wait.
    const { calls, perMillis } = slowest
    const next = Math.max(budget.next, earliest - credit)
    const needed = count + open + counting(budget.answered, perMillis, now) - calls
    const at = Math.max(earliest, next, releasedBy(budget.answered, perMillis, now, needed))
    if (at <= now + lead) return { slots: [{ count, at, spacing }], next: Math.max(next, at - credit) + count * spacing }
  }
  const released = Array.from({ length: count }, () => earliest)
  for (const { calls, perMillis } of rates) {
    // So many calls have to cease to count for the last of these permits, one less for the one before it.
    const needed = count + open + counting(budget.answered, perMillis, now) - calls
    const skipped = Math.max(0, needed - count)
    releases(budget.answered, perMillis, now, needed).slice(skipped, needed).forEach((release, i) => {
      const j = count - needed + skipped + i
      released[j] = Math.max(released[j]!, release)
    })
  }
  let next = Math.max(budget.next, earliest - credit)
  const due = released.map((moment) => {
    const at = Math.max(moment, next)
    // What is late is made up for, as far as a burst goes.
    next = Math.max(next, at - credit) + spacing
    return at
  })
  const slots = cover(due, Math.min(...rates.map(({ perMillis }) => perMillis)) / 2000, slowest.burst > 1 ? 0 : spacing)
  return { slots, next: Math.max(next, endOf(slots.at(-1)!) - credit + spacing) }
}

const give = (budget: Budget, holder: Holder, { next, slots }: Offer): Budget => ({
  ...budget,
  next,
  holders: budget.holders.map((other) => other.id === holder.id ? { ...other, want: 0, lot: slots } : other)
})

/** A call that is heavier than the rate of another process allows waits until that one has gone, and holds up nobody. */
const isTooHeavy = (holder: Holder, declared: ReadonlyArray<Rate>): boolean =>
  declared.some(({ calls }) => calls < Math.min(holder.least, holder.want))

/** Serves the line, the longest waiting first, up to the first that has to wait; gives the moment it waits for. */
const serve = (before: Budget, reckons: boolean, now: number): readonly [Budget, number] => {
  let budget = before
  let until = now
  const all = new Map(budget.holders.flatMap(({ rates }) => rates.map((rate) => [`${rate.calls} ${rate.perMillis} ${rate.burst}`, rate])))
  const declared = [...all.values()]
  if (declared.length === 0) return [budget, until]
  const { factor, pausedMillis } = paceAt(budget, declared, now)
  const isReckoning = reckons && factor === 1 && pausedMillis === 0 && declared.length === 1
  const line = budget.holders.filter(({ lot, want }) => want > 0 && lot.length === 0).sort((a, b) => a.since - b.since)
  for (const holder of line) {
    if (isTooHeavy(holder, declared)) {
      until = now + 1000
      continue
    }
    const offered = offer(budget, holder, declared, factor, isReckoning, now)
    if (typeof offered === "number") return [budget, offered]
    const start = offered.slots[0]!.at
    if (start > now + lead) return [budget, start - lead / 2]
    budget = give(budget, holder, offered)
  }
  return [budget, until]
}

/** The budget after an ask, and the reply. */
export const ask = (before: Budget, request: Ask, now: number): readonly [Budget, Reply] => {
  const kept = { ...before, keep: Math.max(before.keep, request.keepMillis) }
  const clean = remember(slower(bury(notice(kept, request, now), now), request, now), request, now)
  const isAlone = clean.sole.id === request.holder && clean.sole.since + clean.keep <= now
  const known = clean.holders.find(({ id }) => id === request.holder)
  const waits = request.want > 0
  const me: Holder = {
    id: request.holder,
    aliveUntil: now + request.leaseMillis,
    rates: request.rates,
    open: request.open,
    want: known === undefined || known.lot.length === 0 ? request.want : 0,
    least: request.least,
    since: known !== undefined && known.want > 0 ? known.since : now,
    asksAt: now,
    lot: waits ? known?.lot ?? [] : []
  }
  const others = clean.holders.filter(({ id }) => id !== me.id)
  const [served, until] = serve({ ...clean, holders: [...others, me] }, isAlone && request.reckons, now)
  const mine = served.holders.find(({ id }) => id === me.id)!
  const pace = paceAt(served, me.rates, now)
  const holdersWith = (me: Holder) => served.holders.map((holder) => holder.id === me.id ? me : holder)
  if (mine.lot.length > 0) {
    const holders = holdersWith({ ...mine, open: mine.open + countOf(mine.lot), lot: [], want: 0 })
    const lot = mine.lot.map((segment) => ({ ...segment, at: segment.at - now }))
    return [{ ...served, holders }, { moment: now, lot, againInMillis: undefined, isAlone, pace }]
  }
  if (!waits) {
    const holders = mine.open > 0 ? served.holders : served.holders.filter(({ id }) => id !== me.id)
    return [{ ...served, holders }, { moment: now, lot: [], againInMillis: undefined, isAlone, pace }]
  }
  const again = Math.min(Math.max(until - now, soonest), request.leaseMillis / 2)
  return [{ ...served, holders: holdersWith({ ...mine, asksAt: now + again }) }, { moment: now, lot: [], againInMillis: again, isAlone, pace }]
}

/** A budget as people look at it. */
export const usage = (bucket: Bucket, before: Budget, now: number): Usage => {
  const budget = bury(before, now)
  const rates = [...new Map(budget.holders.flatMap(({ rates }) => rates.map((rate) => [JSON.stringify(rate), rate]))).values()]
  const window = rates.length === 0 ? budget.keep : windowOf(rates)
  return {
    bucket,
    rates,
    used: openOf(budget.holders) + counting(budget.answered, window, now),
    waiting: budget.holders.reduce((all, { want }) => all + want, 0),
    holders: budget.holders.length,
    pace: rates.length === 0 ? { factor: 1, pausedMillis: Math.max(0, budget.pausedUntil - now), falls: budget.falls } : paceAt(budget, rates, now)
  }
}
