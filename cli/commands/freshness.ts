/** `sluice freshness`: assets that say how old they may be, and whether they are older. */
import { Effect } from "effect"
import * as Selection from "../../engine/graph/Selection.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import * as Ages from "../Ages.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { exitCodes, Unfinished } from "../Refusal.ts"
import * as Screen from "../terminal/Screen.ts"
import { out } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

export const freshness = Effect.fn("cli.freshness")(function*(input: {
  readonly selection: ReadonlyArray<string>
  readonly json: boolean
}) {
  const { graph, ...project } = yield* Project.load
  const selection = input.selection.length === 0 ? "*" : input.selection.join(" ")
  const selected = graph.assets.size === 0 ? [] : yield* Effect.fromResult(Selection.select(graph, selection))
  const assets = selected.flatMap((key) => graph.assets.get(key) ?? []).filter(({ freshness }) => freshness !== undefined)
  const ages = assets.length === 0
    ? []
    : yield* Snapshot.load(graph, assets.map(({ key }) => key)).pipe(
      Effect.map((snapshot) => assets.flatMap((asset) => Ages.of(snapshot, asset) ?? [])),
      Effect.provide(Live.store({ graph, ...project }))
    )
  const old = ages.filter(({ isTooOld }) => isTooOld).length
  if (input.json) Screen.prettyJson(ages.map((aged) => ({ asset: aged.asset, ...Ages.toJson(aged) })))
  else if (ages.length === 0) Screen.line("No asset of the selection says how old it may be: give one `freshness: { within: \"26 hours\" }`.")
  else {
    Screen.lines(Table.lines(
      [{ title: "" }, { title: "asset" }, { title: "age", align: "right" }, { title: "may be", flexible: true }],
      ages.map((aged) => [
        aged.isTooOld ? out.red("✗") : out.green("✓"),
        aged.asset,
        aged.dataOf === undefined ? "nothing is stored" : Text.duration(Math.max(0, aged.now - aged.dataOf)),
        Ages.limit(aged)
      ])
    ))
    Screen.line(old === 0 ? out.green(`${Text.plural(ages.length, "asset")} in time`) : out.red(`${Text.count(old)} of ${Text.plural(ages.length, "asset")} too old`))
  }
  if (old > 0) return yield* new Unfinished({ exitCode: exitCodes.failed })
})
