/** `sluice hooks` and `sluice hook …`. */
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { HookEvent } from "../../engine/record/HookEvent.ts"
import { type Delivery, type HookRecord, HookStore } from "../../engine/record/HookStore.ts"
import * as Message from "../../engine/hook/Message.ts"
import * as Telling from "../../engine/hook/Telling.ts"
import { expressionOf } from "../../engine/schedule/Selected.ts"
import type { AnyHook } from "../Deployment.ts"
import * as Hooking from "../Hooking.ts"
import * as Hooks from "../Hooks.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { Refusal, withoutSecrets } from "../Refusal.ts"
import * as Settings from "../Settings.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state as colour } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

const plain = (text: string): string => withoutSecrets(Text.printable(Text.oneLine(text)))

const stateOf = (record: HookRecord | undefined): string => record === undefined ? "new" : record.running ? "running" : "stopped"

const ofText = ({ of }: AnyHook): string => of === undefined ? "*" : expressionOf(of)

const onText = ({ on, recovery }: AnyHook): string => [...on.map(({ name }) => name), ...(recovery ? ["recovery"] : [])].join(", ")

const toText = ({ channel }: AnyHook): string => `${channel.kind}: ${channel.to}`

const deliveryJson = ({ event, ...delivery }: Delivery) => ({ ...delivery, kind: event.kind, title: event.title, run: event.run?.id ?? null, event: event.id })

const hookJson = (hook: AnyHook, record: HookRecord | undefined, last: ReadonlyArray<Delivery>) => ({
  name: hook.name,
  description: hook.description ?? null,
  state: stateOf(record),
  since: record?.since ?? null,
  on: hook.on.map(({ name }) => name),
  recovery: hook.recovery,
  of: ofText(hook),
  tell: { kind: hook.channel.kind, to: plain(hook.channel.to) },
  atMost: hook.atMost,
  onceMillis: hook.onceMillis,
  waiting: record?.waiting ?? 0,
  sent: record?.sent ?? 0,
  failed: record?.failed ?? 0,
  last: last.map(deliveryJson)
})

/** How hooks are recorded, and their last messages. */
const recorded = (project: Project.Project, names: ReadonlyArray<string>, limit: number) =>
  Effect.gen(function*() {
    const store = yield* HookStore
    const records = new Map((yield* store.hooks).map((record) => [record.name, record]))
    const last = yield* Effect.forEach(names, (name) => Effect.map(store.deliveries(name, { limit }), (list) => [name, list] as const))
    return { records, last: new Map(last) }
  }).pipe(Effect.provide(Live.store(project)))

const deliveryState = ({ state, tries }: Delivery): string => state === "waiting" && tries > 0 ? "retrying" : state === "failed" ? "given up" : state

/** The colours are those of runs. */
const coloured = (delivery: Delivery): string => {
  const word = deliveryState(delivery)
  return colour(out, delivery.state === "failed" ? "failed" : delivery.state === "sent" ? "succeeded" : "skipped")(word)
}

export const hooks = Effect.fn("cli.hooks")(function*(input: { readonly json: boolean }) {
  const project = yield* Project.load
  const all = yield* Hooks.all(project)
  if (all.size === 0) return yield* Hooks.none
  const { last, records } = yield* recorded(project, [...all.keys()], 1)
  const rows = [...all.values()].map((hook) => ({ hook, record: records.get(hook.name), last: last.get(hook.name) ?? [] }))
  if (input.json) return Screen.prettyJson(rows.map(({ hook, last, record }) => hookJson(hook, record, last)))
  Screen.lines(Table.lines(
    [{ title: "hook" }, { title: "state" }, { title: "on" }, { title: "of" }, { title: "tells" }, { title: "waiting", align: "right" }, { title: "last" }, { title: "" }, { title: "error", flexible: true }],
    rows.map(({ hook, last: [last], record }) => [
      hook.name,
      colour(out, stateOf(record))(stateOf(record)),
      onText(hook),
      plain(ofText(hook)),
      plain(toText(hook)),
      String(record?.waiting ?? 0),
      last === undefined ? out.dim("·") : Text.ago(last.recordedAt),
      last === undefined ? "" : coloured(last),
      plain(last?.reason ?? "")
    ])
  ))
})

export const show = Effect.fn("cli.hook.show")(function*(input: { readonly name: string; readonly limit: number; readonly json: boolean }) {
  const project = yield* Project.load
  const hook = yield* Hooks.named(project, input.name)
  const { last, records } = yield* recorded(project, [input.name], input.limit)
  const [record, told] = [records.get(input.name), last.get(input.name) ?? []]
  if (input.json) return Screen.prettyJson(hookJson(hook, record, told))
  const { atMost, onceMillis } = hook
  Screen.lines([
    out.bold(hook.name) + (hook.description === undefined ? "" : `  ${hook.description}`),
    "",
    ...Table.lines([{ title: "" }, { title: "", flexible: true }], [
      ["on", onText(hook)],
      ["of", plain(ofText(hook))],
      ["tells", plain(toText(hook))],
      ["at most", `${Text.plural(atMost.messages, "message")} in ${Text.duration(atMost.perMillis)}`],
      ["the same", onceMillis === 0 ? "each time" : `once in ${Text.duration(onceMillis)}`],
      ["state", record === undefined ? "new: no daemon and no run has seen it yet" : `${stateOf(record)} since ${Text.moment(record.since)}`],
      ["messages", `${record?.sent ?? 0} sent, ${record?.waiting ?? 0} waiting, ${record?.failed ?? 0} given up`]
    ]),
    ...(told.length === 0 ? [] : ["", out.bold("Last"), ...deliveryLines(told)])
  ])
})

const deliveryLines = (told: ReadonlyArray<Delivery>): ReadonlyArray<string> =>
  Table.lines(
    [{ title: "recorded" }, { title: "" }, { title: "tries", align: "right" }, { title: "message", flexible: true }, { title: "reason", flexible: true }],
    told.map((delivery) => [
      Text.moment(delivery.recordedAt),
      coloured(delivery),
      String(delivery.tries),
      plain(delivery.event.title),
      plain(delivery.reason ?? "")
    ])
  )

export const test = Effect.fn("cli.hook.test")(function*(input: {
  readonly name: string
  readonly set: ReadonlyArray<string>
  readonly json: boolean
}) {
  yield* Settings.apply({ set: input.set, limit: [], rateLimit: undefined })
  const project = yield* Project.load
  const hook = yield* Hooks.named(project, input.name)
  const began = performance.now()
  yield* Telling.send(hook, testOf(hook.name)).pipe(
    Effect.provide(Live.everything(project)),
    Effect.provide(Live.store(project))
  )
  const millis = Math.round(performance.now() - began)
  if (input.json) return Screen.json({ event: "Told", hook: hook.name, kind: hook.channel.kind, to: plain(hook.channel.to), millis })
  Screen.line(`The hook ${hook.name} was told, by ${plain(toText(hook))}.`)
})

const testOf = (hook: string): HookEvent => {
  const unsaid = {
    id: `${hook.replaceAll("/", ".")}.test.${randomUUID()}`,
    hook,
    kind: "test" as const,
    at: new Date(),
    run: null,
    subject: null,
    failures: [],
    checks: [],
    resume: null,
    repeats: 0,
    others: 0
  }
  return { ...unsaid, title: Message.title(unsaid), text: Message.text(unsaid) }
}

export const retry = Effect.fn("cli.hook.retry")(function*(input: { readonly name: string; readonly set: ReadonlyArray<string> }) {
  yield* Settings.apply({ set: input.set, limit: [], rateLimit: undefined })
  const project = yield* Project.load
  const hook = yield* Hooks.named(project, input.name)
  yield* Effect.gen(function*() {
    const store = yield* HookStore
    const record = (yield* store.hooks).find(({ name }) => name === hook.name)
    if (record?.running === false) {
      return yield* new Refusal({ message: `The hook ${hook.name} is stopped: \`sluice hook start ${hook.name}\` comes first.` })
    }
    const count = yield* store.retry(hook.name)
    if (count === 0) return Screen.line(`The hook ${hook.name} has given up no message.`)
    Screen.line(`${Text.plural(count, "message")} that ${count === 1 ? "was" : "were"} given up ${count === 1 ? "is" : "are"} told by ${plain(toText(hook))}, in one.`)
    yield* Hooking.tell([hook], project.graph)
  }).pipe(Effect.provide(Live.everything(project)), Effect.provide(Live.store(project)))
})

export const setRunning = Effect.fn("cli.hook.setRunning")(function*(input: { readonly name: string; readonly running: boolean }) {
  const project = yield* Project.load
  yield* Hooks.named(project, input.name)
  yield* Effect.flatMap(HookStore, (store) => store.setRunning(input.name, input.running)).pipe(Effect.provide(Live.store(project)))
  Screen.line(input.running
    ? `The hook ${input.name} is told of what ends from now on.`
    : `The hook ${input.name} is told nothing of what ends until \`sluice hook start ${input.name}\`.`)
})
