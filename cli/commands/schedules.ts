/** `sluice schedules`, `sluice schedule …` and `sluice ticks`. */
import { DateTime, Effect, Result } from "effect"
import * as Ask from "../../engine/daemon/Ask.ts"
import * as LocalTime from "../../engine/partition/LocalTime.ts"
import { dayMillis, type Zone } from "../../engine/partition/Zone.ts"
import { type ScheduleRecord, type TickRecord, TickStore } from "../../engine/record/TickStore.ts"
import type { Schedule, Tick } from "../../engine/schedule/Schedule.ts"
import * as Ticks from "../../engine/schedule/Ticks.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { Refusal } from "../Refusal.ts"
import * as Schedules from "../Schedules.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state as colour } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

/** `0 2 * * * in Europe/Berlin`, `every 10 s` */
const whenText = ({ during, timing, zone }: Schedule): string => {
  const when = timing._tag === "Cron" ? timing.crons.map(({ text }) => text).join(", ") : `every ${Text.duration(timing.everyMillis)}`
  return timing._tag === "Loop" && during === undefined ? when : `${when} in ${zone.name}`
}

const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** `Sep to May, 10:00 to 04:00` */
const duringText = ({ during }: Schedule): string => {
  const { days, hours, months } = during?.definition ?? {}
  return Text.listing([
    months === undefined ? "" : `${monthNames[months.from - 1]} to ${monthNames[months.to - 1]}`,
    days?.join(" "),
    hours === undefined ? "" : `${hours.from} to ${hours.to}`
  ]) || "always"
}

/** `latest`, `within 2 h` */
const catchUpText = (catchUp: string | { readonly withinMillis: number }): string =>
  typeof catchUp === "string" ? catchUp : `within ${Text.duration(catchUp.withinMillis)}`

const asksText = (schedule: Schedule): string => {
  if (typeof schedule.request === "function") return "what each tick decides"
  const { backfill = false, force = false } = schedule.request
  const partitions = Ask.partitionsOf(schedule.request)
  const where = partitions === null ? "" : ` @ ${partitions}`
  return `${Ask.selectionOf(schedule, schedule.request)}${where}${force ? " (forced)" : ""}${backfill ? ", as a backfill" : ""}`
}

/** `running`, `stopped`, or `new`: no daemon has seen it yet. */
const stateOf = (record: ScheduleRecord | undefined): string =>
  record === undefined ? "new" : record.running ? "running" : "stopped"

const next = (schedule: Schedule, from: number, limit: number): ReadonlyArray<Tick> =>
  Ticks.between(schedule, from - 1, Number.POSITIVE_INFINITY, limit).map((moment) => Ticks.tickOf(schedule, moment))

/** From when to look for the next tick: of a loop, from its last one. */
const upcomingFrom = ({ timing }: Schedule, [last]: ReadonlyArray<TickRecord>): number =>
  timing._tag === "Loop" && last !== undefined ? Math.max(Date.now(), last.due.getTime() + timing.everyMillis) : Date.now()

/** What became of a tick: a run that failed is a tick that did. */
const endOf = (tick: TickRecord): string => tick.state === "started" ? tick.runState ?? "started" : tick.state

const tickJson = (tick: TickRecord) => ({ ...tick, lagMillis: tick.at.getTime() - tick.due.getTime() })

const scheduleJson = (schedule: Schedule, record: ScheduleRecord | undefined, last: ReadonlyArray<TickRecord>) => ({
  name: schedule.name,
  description: schedule.description ?? null,
  state: stateOf(record),
  since: record?.since ?? null,
  cron: schedule.timing._tag === "Cron" ? schedule.timing.crons.map(({ text }) => text) : null,
  everyMillis: schedule.timing._tag === "Loop" ? schedule.timing.everyMillis : null,
  timezone: schedule.zone.name,
  during: schedule.during?.definition ?? null,
  asks: asksText(schedule),
  last: last.map(tickJson)
})

/** How a schedule is recorded, and its last ticks. */
const recorded = Effect.fnUntraced(function*(project: Project.Project, names: ReadonlyArray<string>, limit: number) {
  return yield* Effect.gen(function*() {
    const store = yield* TickStore
    const records = new Map((yield* store.schedules).map((record) => [record.name, record]))
    const ticks = yield* Effect.forEach(names, (name) => Effect.map(store.ticks(name, { limit }), (list) => [name, list] as const))
    return { records, ticks: new Map(ticks) }
  }).pipe(Effect.provide(Live.store(project)))
})

export const schedules = Effect.fn("cli.schedules")(function*(input: { readonly json: boolean }) {
  const project = yield* Project.load
  const all = yield* Schedules.all(project)
  if (all.size === 0) return yield* Schedules.none
  const { records, ticks } = yield* recorded(project, [...all.keys()], 1)
  const rows = [...all.values()].map((schedule) => ({
    schedule, record: records.get(schedule.name), last: ticks.get(schedule.name) ?? []
  }))
  if (input.json) {
    return Screen.prettyJson(rows.map(({ last, record, schedule }) => ({
      ...scheduleJson(schedule, record, last),
      next: record?.running === false ? null : next(schedule, upcomingFrom(schedule, last), 1)[0]?.due ?? null
    })))
  }
  Screen.lines(Table.lines(
    [{ title: "schedule" }, { title: "state" }, { title: "due", flexible: true }, { title: "next" }, { title: "last" }, { title: "" }],
    rows.map(({ last: ticks, record, schedule }) => {
      const [last] = ticks
      const state = stateOf(record)
      return [
        schedule.name,
        colour(out, state)(state),
        whenText(schedule),
        record?.running === false ? out.dim("·") : next(schedule, upcomingFrom(schedule, ticks), 1)[0]?.local ?? "",
        last === undefined ? out.dim("·") : Text.ago(last.due),
        last === undefined ? "" : colour(out, endOf(last))(endOf(last))
      ]
    })
  ))
})

export const show = Effect.fn("cli.schedule.show")(function*(input: { readonly name: string; readonly json: boolean }) {
  const project = yield* Project.load
  const schedule = yield* Schedules.named(project, input.name)
  const { records, ticks } = yield* recorded(project, [input.name], 5)
  const [record, last] = [records.get(input.name), ticks.get(input.name) ?? []]
  const upcoming = record?.running === false ? [] : next(schedule, upcomingFrom(schedule, last), 5)
  if (input.json) return Screen.prettyJson({ ...scheduleJson(schedule, record, last), next: upcoming })
  const { timing } = schedule
  const state = stateOf(record)
  const policies = timing._tag === "Loop"
    ? []
    : [["missed ticks", catchUpText(timing.catchUp)], ["overlap", timing.overlap], ["jitter", Text.duration(timing.jitterMillis)]]
  Screen.lines([
    out.bold(schedule.name) + (schedule.description === undefined ? "" : `  ${schedule.description}`),
    "",
    ...Table.lines([{ title: "" }, { title: "", flexible: true }], [
      ["due", whenText(schedule)],
      ["during", duringText(schedule)],
      ["asks for", asksText(schedule)],
      ...policies,
      ["state", record === undefined ? "new: no daemon has seen it yet" : `${state} since ${Text.moment(record.since)}`]
    ]),
    ...(upcoming.length === 0 ? [] : ["", out.bold("Next"), ...tickLines(upcoming)]),
    ...(last.length === 0 ? [] : ["", out.bold("Last"), ...historyLines(last)])
  ])
})

const tickLines = (ticks: ReadonlyArray<Tick>): ReadonlyArray<string> =>
  Table.lines(
    [{ title: "local time" }, { title: "UTC" }, { title: "", flexible: true }],
    ticks.map(({ due, local, note = "" }) => [local, DateTime.formatIso(due).replace(".000Z", "Z"), note])
  )

const historyLines = (ticks: ReadonlyArray<TickRecord>): ReadonlyArray<string> =>
  Table.lines(
    [{ title: "due" }, { title: "" }, { title: "late", align: "right" }, { title: "run", align: "right" }, { title: "reason", flexible: true }],
    ticks.map((tick) => [
      Text.moment(tick.due),
      colour(out, endOf(tick))(endOf(tick)),
      Text.duration(Math.max(0, tick.at.getTime() - tick.due.getTime())),
      tick.run === null ? out.dim("·") : String(tick.run),
      Text.printable(Text.oneLine(tick.reason ?? ""))
    ])
  )

export const setRunning = Effect.fn("cli.schedule.setRunning")(function*(input: { readonly name: string; readonly running: boolean }) {
  const project = yield* Project.load
  yield* Schedules.named(project, input.name)
  yield* Effect.flatMap(TickStore, (store) => store.setRunning(input.name, input.running)).pipe(Effect.provide(Live.store(project)))
  Screen.line(input.running
    ? `The schedule ${input.name} is running: a daemon starts its runs.`
    : `The schedule ${input.name} is stopped: no tick starts a run until \`sluice schedule start ${input.name}\`.`)
})

/** A local time of the schedule's zone as an instant; a day or month means its beginning, or its end. */
const instantOf = (zone: Zone, text: string, option: string, isEnd: boolean): Effect.Effect<number, Refusal> =>
  Result.match(LocalTime.parse(text), {
    onFailure: (why) =>
      Effect.fail(new Refusal({ message: `"${text}" of ${option} is not a time (${why}): write one like 2026-03-29 or 2026-03-29T01:30.` })),
    onSuccess: (time) => {
      const days = new Date(time.local)
      if (isEnd && time.precision === "month") days.setUTCMonth(days.getUTCMonth() + 1)
      if (isEnd && time.precision === "day") days.setTime(days.getTime() + dayMillis)
      const instants = LocalTime.instantsOf(zone, { ...time, local: days.getTime() })
      const instant = (isEnd ? instants.at(-1) : instants[0]) ?? zone.instantOf(days.getTime())
      return Effect.succeed(isEnd && time.precision !== "time" ? instant - 1 : instant)
    }
  })

export const preview = Effect.fn("cli.schedule.preview")(function*(input: {
  readonly name: string
  readonly from: string | undefined
  readonly to: string | undefined
  readonly limit: number
  readonly json: boolean
}) {
  const project = yield* Project.load
  const schedule = yield* Schedules.named(project, input.name)
  const from = input.from === undefined ? Date.now() : yield* instantOf(schedule.zone, input.from, "--from", false)
  const to = input.to === undefined ? Number.POSITIVE_INFINITY : yield* instantOf(schedule.zone, input.to, "--to", true)
  if (to < from) return yield* new Refusal({ message: `"${input.to}" of --to is before the beginning: let it be later.` })
  const found = Ticks.between(schedule, from - 1, to, input.limit + 1).map((moment) => Ticks.tickOf(schedule, moment))
  const shown = found.slice(0, input.limit)
  if (input.json) return Screen.prettyJson(shown.map((tick) => ({ ...tick, note: tick.note ?? null })))
  if (shown.length === 0) return Screen.line(`The schedule ${input.name} is not due in that span.`)
  Screen.lines(tickLines(shown))
  if (found.length > shown.length) Screen.note(`There are more: --limit ${input.limit * 10} shows them.`)
  if (schedule.timing._tag === "Loop") Screen.note("A loop: these are its ticks as long as no run is late.")
})

export const ticks = Effect.fn("cli.ticks")(function*(input: { readonly name: string; readonly limit: number; readonly json: boolean }) {
  const project = yield* Project.load
  if (project.deployment.sensors.some(({ name }) => name === input.name)) {
    return yield* new Refusal({
      message: `${input.name} is a sensor, which has no ticks: \`sluice sensor requests ${input.name}\` lists what it asked for.`
    })
  }
  yield* Schedules.named(project, input.name)
  const { ticks } = yield* recorded(project, [input.name], input.limit)
  const found = ticks.get(input.name) ?? []
  if (input.json) return Screen.prettyJson(found.map(tickJson))
  if (found.length === 0) return Screen.line(`No tick of ${input.name} was decided upon yet: \`sluice daemon\` does that when it is due.`)
  Screen.lines(historyLines(found))
})
