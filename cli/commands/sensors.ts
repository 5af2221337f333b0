/** `sluice sensors` and `sluice sensor …`. */
import { Cause, Effect, Schema, Stream } from "effect"
import * as Ask from "../../engine/daemon/Ask.ts"
import { type RequestRecord, type SensorRecord, SensorStore } from "../../engine/record/SensorStore.ts"
import type { AnySensor } from "../Deployment.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { messageOf, Refusal, withoutSecrets } from "../Refusal.ts"
import * as Sensors from "../Sensors.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state as colour } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

/** `running`, `stopped`, `failing`, or `new`: no daemon has seen it yet. */
const stateOf = (record: SensorRecord | undefined): string =>
  record === undefined ? "new" : !record.running ? "stopped" : record.error === null ? "running" : "failing"

/** What became of a request: a run that failed is one that did. */
const endOf = ({ runState, state }: RequestRecord): string => state === "started" ? runState ?? "started" : state

const plain = (text: string): string => withoutSecrets(Text.printable(Text.oneLine(text)))

/** A cursor as one line of JSON, which may be long. */
const cursorText = (cursor: Schema.Json): string => {
  const text = plain(JSON.stringify(cursor))
  return text.length <= 200 ? text : `${text.slice(0, 200)}… (${text.length} characters)`
}

const sensorJson = (sensor: AnySensor, record: SensorRecord | undefined, last: ReadonlyArray<RequestRecord>) => ({
  name: sensor.name,
  description: sensor.description ?? null,
  state: stateOf(record),
  since: record?.since ?? null,
  everyMillis: sensor.everyMillis,
  observer: record?.observer ?? null,
  cursor: record?.cursor ?? null,
  failures: record?.failures ?? 0,
  error: record?.error ?? null,
  failedAt: record?.failedAt ?? null,
  last
})

/** How sensors are recorded, and their last requests. */
const recorded = (project: Project.Project, names: ReadonlyArray<string>, limit: number) =>
  Effect.gen(function*() {
    const store = yield* SensorStore
    const records = new Map((yield* store.sensors).map((record) => [record.name, record]))
    const requests = yield* Effect.forEach(names, (name) => Effect.map(store.requests(name, { limit }), (list) => [name, list] as const))
    return { records, requests: new Map(requests) }
  }).pipe(Effect.provide(Live.store(project)))

export const sensors = Effect.fn("cli.sensors")(function*(input: { readonly json: boolean }) {
  const project = yield* Project.load
  const all = yield* Sensors.all(project)
  if (all.size === 0) return yield* Sensors.none
  const { records, requests } = yield* recorded(project, [...all.keys()], 1)
  const rows = [...all.values()].map((sensor) => ({
    sensor, record: records.get(sensor.name), last: requests.get(sensor.name) ?? []
  }))
  if (input.json) return Screen.prettyJson(rows.map(({ last, record, sensor }) => sensorJson(sensor, record, last)))
  Screen.lines(Table.lines(
    [{ title: "sensor" }, { title: "state" }, { title: "observed by" }, { title: "last" }, { title: "" }, { title: "error", flexible: true }],
    rows.map(({ last: [last], record, sensor }) => {
      const state = stateOf(record)
      return [
        sensor.name,
        colour(out, state)(state),
        record?.observer ?? out.dim("·"),
        last === undefined ? out.dim("·") : Text.ago(last.at),
        last === undefined ? "" : colour(out, endOf(last))(endOf(last)),
        plain(record?.error ?? "")
      ]
    })
  ))
})

export const show = Effect.fn("cli.sensor.show")(function*(input: { readonly name: string; readonly json: boolean }) {
  const project = yield* Project.load
  const sensor = yield* Sensors.named(project, input.name)
  const { records, requests } = yield* recorded(project, [input.name], 5)
  const [record, last] = [records.get(input.name), requests.get(input.name) ?? []]
  if (input.json) return Screen.prettyJson(sensorJson(sensor, record, last))
  const failure = record?.error == null || record.failedAt === null
    ? []
    : [["error", `${plain(record.error)} (${Text.plural(record.failures, "time")} in a row, last ${Text.ago(record.failedAt)})`]]
  Screen.lines([
    out.bold(sensor.name) + (sensor.description === undefined ? "" : `  ${sensor.description}`),
    "",
    ...Table.lines([{ title: "" }, { title: "", flexible: true }], [
      ["looks", `every ${Text.duration(sensor.everyMillis)}, or when it is told`],
      ["open runs", `at most ${Text.count(sensor.openRuns)}`],
      ["state", record === undefined ? "new: no daemon has seen it yet" : `${stateOf(record)}, ${record.running ? "started" : "stopped"} ${Text.moment(record.since)}`],
      ["observed by", record?.observer ?? "nobody"],
      ["cursor", record === undefined || record.cursor === null ? "none: nothing was seen yet" : cursorText(record.cursor)],
      ...failure
    ]),
    ...(last.length === 0 ? [] : ["", out.bold("Last"), ...requestLines(last)])
  ])
})

const requestLines = (requests: ReadonlyArray<RequestRecord>): ReadonlyArray<string> =>
  Table.lines(
    [{ title: "asked" }, { title: "" }, { title: "run", align: "right" }, { title: "key", flexible: true }, { title: "reason", flexible: true }],
    requests.map((request) => [
      Text.moment(request.at),
      colour(out, endOf(request))(endOf(request)),
      request.run === null ? out.dim("·") : String(request.run),
      plain(request.key),
      plain(request.reason ?? "")
    ])
  )

export const requests = Effect.fn("cli.sensor.requests")(function*(input: {
  readonly name: string
  readonly limit: number
  readonly json: boolean
}) {
  const project = yield* Project.load
  yield* Sensors.named(project, input.name)
  const found = (yield* recorded(project, [input.name], input.limit)).requests.get(input.name) ?? []
  if (input.json) return Screen.prettyJson(found)
  if (found.length === 0) return Screen.line(`The sensor ${input.name} has not asked for anything yet.`)
  Screen.lines(requestLines(found))
})

export const setRunning = Effect.fn("cli.sensor.setRunning")(function*(input: { readonly name: string; readonly running: boolean }) {
  const project = yield* Project.load
  yield* Sensors.named(project, input.name)
  yield* Effect.flatMap(SensorStore, (store) => store.setRunning(input.name, input.running)).pipe(Effect.provide(Live.store(project)))
  Screen.line(input.running
    ? `The sensor ${input.name} is running: a daemon observes it from where it was stopped.`
    : `The sensor ${input.name} is stopped: nobody observes it until \`sluice sensor start ${input.name}\`.`)
})

const parsed = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

export const cursor = Effect.fn("cli.sensor.cursor")(function*(input: {
  readonly name: string
  readonly set: string | undefined
  readonly reset: boolean
}) {
  const project = yield* Project.load
  const sensor = yield* Sensors.named(project, input.name)
  if (input.set !== undefined && input.reset) {
    return yield* new Refusal({ message: "Either --set a cursor or --reset it: to reset is to begin anew." })
  }
  const given = input.set === undefined
    ? undefined
    : yield* parsed(input.set).pipe(
      Effect.mapError(() => new Refusal({ message: `"${input.set}" of --set is no JSON: write a text in quotes, such as '"2026-01-01"'.` })),
      Effect.flatMap((json) => Effect.mapError(sensor.cursorOf(json), ({ message }) => new Refusal({ message })))
    )
  yield* Effect.gen(function*() {
    const store = yield* SensorStore
    if (given === undefined && !input.reset) {
      const record = (yield* store.sensors).find(({ name }) => name === input.name)
      return Screen.line(JSON.stringify(record?.cursor ?? null))
    }
    yield* store.setCursor(input.name, given ?? null)
    Screen.line(input.reset
      ? `The sensor ${input.name} begins anew; what it has asked for once, it does not ask for again.`
      : `The cursor of the sensor ${input.name} is set.`)
  }).pipe(Effect.provide(Live.store(project)))
})

/** A sensor that tells nothing at all is looked at so long. */
const patienceSeconds = 10

export const preview = Effect.fn("cli.sensor.preview")(function*(input: {
  readonly name: string
  readonly seconds: number | undefined
  readonly limit: number
  readonly json: boolean
}) {
  const project = yield* Project.load
  const sensor = yield* Sensors.named(project, input.name)
  const found = yield* Effect.gen(function*() {
    const store = yield* SensorStore
    const record = (yield* store.sensors).find(({ name }) => name === input.name)
    const reports = sensor.observe(record?.cursor ?? null)
    return yield* (input.seconds === undefined ? Stream.take(reports, 1) : reports).pipe(
      Stream.flatMap(({ asked }) => Stream.fromIterable(asked)),
      Stream.map((asked) => Ask.ofSensor(project.graph, sensor, asked)),
      Stream.take(input.limit),
      Stream.interruptWhen(Effect.sleep((input.seconds ?? patienceSeconds) * 1000)),
      Stream.runCollect
    )
  }).pipe(
    Effect.catchTag("ObservationFailed", ({ message }) => Effect.fail(new Refusal({ message: `The sensor ${input.name} cannot observe: ${plain(message)}` }))),
    Effect.catchDefect((defect) =>
      Effect.fail(new Refusal({ message: `The sensor ${input.name} cannot observe: ${plain(messageOf(defect))}`, cause: Cause.die(defect) }))),
    Effect.provide(Live.everything(project)),
    Effect.provide(Live.store(project, Live.runConnections))
  )
  const rows = found.map((one) =>
    one._tag === "Start"
      ? { key: one.key, select: one.request.selection, partitions: one.request.partitions, force: one.request.force, reason: null }
      : { key: one.key, select: null, partitions: null, force: null, reason: one.reason })
  if (input.json) return Screen.prettyJson(rows)
  if (rows.length === 0) return Screen.line(`The sensor ${input.name} has found nothing new.`)
  Screen.lines(Table.lines(
    [{ title: "key", flexible: true }, { title: "asks for", flexible: true }],
    rows.map(({ force, key, partitions, reason, select }) => [
      plain(key),
      select === null
        ? `nothing: ${plain(reason)}`
        : `${select}${partitions === null ? "" : ` @ ${partitions}`}${force ? " (forced)" : ""}`
    ])
  ))
  Screen.note("Nothing was asked for: keys that were asked for before would not be asked for again.")
})
