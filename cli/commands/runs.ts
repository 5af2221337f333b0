/** `sluice runs`: the list of runs. */
import { Effect } from "effect"
import type { RunSummary } from "../../engine/record/Run.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import * as Wording from "../backfill/Wording.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

/** `lost` in place of `running` when nobody runs it any more. */
export const stateOf = (run: RunSummary): string => run.lost ? "lost" : run.state

/** Milliseconds from the start to the end, or to now. A lost run has no known end. */
export const millisOf = (run: RunSummary): number | undefined =>
  run.lost ? undefined : (run.finishedAt?.getTime() ?? Date.now()) - run.startedAt.getTime()

export const toJson = (run: RunSummary) => ({ ...run, state: stateOf(run) })

export const runs = Effect.fn("cli.runs")(function*(input: { readonly limit: number; readonly json: boolean }) {
  const project = yield* Project.load
  const found = yield* Effect.flatMap(RunStore, (store) => store.runs({ limit: input.limit })).pipe(
    Effect.provide(Live.store(project))
  )
  if (input.json) return Screen.prettyJson(found.map(toJson))
  if (found.length === 0) return Screen.line("There are no runs yet: sluice materialize starts one.")
  // By hand is the usual case, where nothing asks by itself.
  const areAsked = found.some(({ request }) => request.askedBy !== undefined)
  Screen.lines(Table.lines(
    [
      { title: "run", align: "right" },
      { title: "state" },
      { title: "selection", flexible: true },
      ...areAsked ? [{ title: "asked by" }] : [],
      { title: "started" },
      { title: "took", align: "right" },
      { title: "materialized", align: "right" },
      { title: "failed", align: "right" },
      { title: "skipped", align: "right" }
    ],
    found.map((run) => {
      const millis = millisOf(run)
      return [
        String(run.id),
        state(out, stateOf(run))(stateOf(run)),
        selectionOf(run),
        ...areAsked ? [askerOf(run) ?? out.dim("·")] : [],
        Text.ago(run.startedAt),
        millis === undefined ? "" : Text.duration(millis),
        amount(run.materialized, (text) => text),
        amount(run.failed, out.red),
        amount(run.skipped, out.yellow)
      ]
    })
  ))
})

const amount = (n: number, colour: (text: string) => string): string => n === 0 ? out.dim("·") : colour(Text.count(n))

/** `schedule nightly`, `automation`; undefined: somebody asked by hand. */
export const askerOf = ({ request: { askedBy } }: Pick<RunSummary, "request">): string | undefined =>
  askedBy === undefined || askedBy.kind === "automation" ? askedBy?.kind : `${askedBy.kind} ${askedBy.name}`

/** The selection with its partitions, as `nhl @ 2023-03-01..2023-03-31`; a backfill is called one. */
export const selectionOf = ({ request }: RunSummary): string => {
  if (request.backfill !== undefined) return `backfill: ${Wording.asked(request)}`
  const partitions = request.partitions === null ? "" : ` @ ${request.partitions}`
  return Text.oneLine(`${request.selection}${partitions.length > 200 ? `${partitions.slice(0, 200)}…` : partitions}${request.force ? " (forced)" : ""}`)
}
