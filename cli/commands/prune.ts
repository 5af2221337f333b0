/** `sluice prune`: forgets old runs, and says how much that was, or would be. */
import { Effect, Result } from "effect"
import { type Forgotten, RetentionStore } from "../../engine/record/RetentionStore.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { Refusal } from "../Refusal.ts"
import * as Sensors from "../Sensors.ts"
import * as Screen from "../terminal/Screen.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

const hourMillis = 3_600_000
const units = { h: hourMillis, d: 24 * hourMillis, w: 7 * 24 * hourMillis }

/** Older than any record is: more makes no moment that Postgres has. */
const mostMillis = 100 * 366 * units.d

const millisOf = (text: string): Result.Result<number, Refusal> => {
  const [, amount = "", unit = ""] = /^(\d{1,6})([hdw])$/.exec(text.trim()) ?? []
  // The pattern lets no other unit pass.
  const millis = Number(amount) * (units[unit as keyof typeof units] ?? 0)
  return millis > 0 && millis <= mostMillis
    ? Result.succeed(millis)
    : Result.fail(new Refusal({ message: `"${text}" of --older-than is not a span of time: write one like 36h, 90d or 12w.` }))
}

const spanOf = (millis: number): string =>
  millis % units.d === 0 ? `${millis / units.d}d` : `${Math.round(millis / units.h)}h`

export const prune = Effect.fn("cli.prune")(function*(
  input: { readonly olderThan: string | undefined; readonly dryRun: boolean; readonly json: boolean }
) {
  const given = input.olderThan === undefined ? undefined : yield* Effect.fromResult(millisOf(input.olderThan))
  const project = yield* Project.load
  const olderThanMillis = given ?? project.deployment.retentionMillis
  if (olderThanMillis === undefined) {
    return yield* new Refusal({ message: "How old is old: say it by --older-than 90d, or by the `retention` of the deployment." })
  }
  const found = yield* Effect.flatMap(RetentionStore, (store) => store.forget({ olderThanMillis, keys: Sensors.keptKeys(project), dryRun: input.dryRun })).pipe(
    Effect.provide(Live.store(project))
  )
  if (input.json) return Screen.prettyJson({ dryRun: input.dryRun, removed: found })
  const some = found.filter(({ rows }) => rows > 0)
  if (some.length === 0) return Screen.line(`Nothing is recorded that ended more than ${input.olderThan ?? spanOf(olderThanMillis)} ago and is not needed.`)
  const all = { rows: sum(some, ({ rows }) => rows), bytes: sum(some, ({ bytes }) => bytes) }
  Screen.lines(Table.lines(
    [{ title: "records" }, { title: "rows", align: "right" }, { title: "size", align: "right" }],
    some.map(({ bytes, kind, rows }) => [kind, Text.count(rows), Text.size(bytes)])
  ))
  Screen.line("")
  Screen.line(`${Text.plural(all.rows, "row")} of ${Text.size(all.bytes)} ${input.dryRun ? "would be removed; nothing was." : "removed."}`)
})

const sum = (found: ReadonlyArray<Forgotten>, of: (one: Forgotten) => number): number =>
  found.reduce((total, one) => total + of(one), 0)
