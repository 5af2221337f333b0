/**
 * A cron expression over the clock of a zone. Croner reads the expression and counts in local time; what a local time
 * means where clocks change is decided here, so that it is one table for all expressions:
 *
 * - An expression that ticks at most once an hour is of local times: each comes about once a day. One that clocks skip is
 *   due at the first instant after the gap; one that they show twice is due when they show it first.
 * - One that ticks several times an hour follows real time: it is due whenever the clock fits. Where its hours are named
 *   and clocks skip some of its times, it is due once after the gap, so that a night's work is not left out.
 */
import { Cron as Croner } from "croner"
import { change, dayMillis, type Zone } from "../partition/Zone.ts"

export interface Cron {
  /** As its user wrote it. */
  readonly text: string
  /** The instants from `from` on at which it is due, ascending. */
  readonly moments: (from: number) => Generator<Moment, void>
}

export interface Moment {
  readonly instant: number
  /** The local time that clocks skip and that this instant stands for, in milliseconds as if it were UTC. */
  readonly skipped?: number
}

const nicknames: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@hourly": "0 * * * *"
}

/** Reads an expression of five or six fields (the first of six are seconds). Throws on one that is malformed or never due. */
export const make = (text: string, zone: Zone): Cron => {
  const fields = (nicknames[text.trim().toLowerCase()] ?? text).trim().split(/\s+/)
  if (fields.length !== 5 && fields.length !== 6) {
    throw new Error(`"${text}" is not a cron expression: it has ${fields.length} fields, and five or six are wanted.`)
  }
  const pattern = read(text, fields.join(" "))
  const [seconds = "", minutes = "", hours = ""] = fields.length === 6 ? fields : ["0", ...fields]
  const isLocal = countOf(seconds, 60) * countOf(minutes, 60) === 1
  const fillsGaps = isLocal || countOf(hours, 24) < 24
  /** The first local time of the pattern from `local` on. */
  const next = (local: number): number | undefined =>
    pattern.nextRun(new Date(Math.ceil(local / 1000) * 1000 - 1000))?.getTime()
  if (next(Date.UTC(2024, 0)) === undefined) throw new Error(`Cron expression "${text}" is never due: no date fits it.`)

  const moments = function*(from: number): Generator<Moment, void> {
    let position = from - 1
    let offset = zone.offsetAt(position)
    const before = firstChange(zone, position - dayMillis, position)
    // Local times before this one have been there already.
    let repeatedUntil = before === undefined ? Number.NEGATIVE_INFINITY : before + zone.offsetAt(before - 1)
    let cursor = position + offset
    let given = position
    for (;;) {
      const local = next(cursor)
      if (local === undefined) return
      const changed = firstChange(zone, position, local - offset)
      if (changed !== undefined) {
        const after = zone.offsetAt(changed)
        const gone = after > offset && fillsGaps ? next(changed + offset) : undefined
        if (gone !== undefined && gone < changed + after) {
          given = changed
          yield { instant: changed, skipped: gone }
        }
        if (after < offset) repeatedUntil = changed + offset
        position = changed
        offset = after
        cursor = changed + after
        continue
      }
      position = local - offset
      cursor = local + 1000
      if (position <= given || (isLocal && local < repeatedUntil)) continue
      given = position
      yield { instant: position }
    }
  }
  return { text, moments }
}

/** How many of the values from 0 on a field has: three of 0,20-40/20, and one where the step is as long as the range. */
const countOf = (field: string, values: number): number => {
  const found = new Set<number>()
  for (const part of field.split(",")) {
    const [range = "", step = "1"] = part.split("/")
    const [from = "0", to = from] = /^\d/.test(range) ? range.split("-") : ["0", String(values - 1)]
    for (let value = Number(from); value <= Number(to); value += Number(step)) found.add(value)
  }
  return found.size
}

const read = (text: string, pattern: string): Croner => {
  try {
    // In UTC every local time is there once: croner counts, and no more.
    return new Croner(pattern, { mode: "5-or-6-parts", timezone: "UTC", paused: true })
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, "").replace(/\.$/, "") : String(error)
    throw new Error(`"${text}" is not a cron expression: ${reason}.`)
  }
}

/** The first instant after `from`, up to `to`, at which the clocks of the zone change. */
const firstChange = (zone: Zone, from: number, to: number): number | undefined => {
  for (let start = from; start < to;) {
    // To midnight UTC, because the zone knows its offsets by days of UTC, of which one changes at most once.
    const end = Math.min(to, (Math.floor(start / dayMillis) + 1) * dayMillis)
    if (zone.offsetAt(start) !== zone.offsetAt(end)) return change(start, end, zone.offsetAt)
    start = end
  }
  return undefined
}
