/** `sluice materialize` and `sluice run resume`: run, show how it goes, say how it ended. */
import { Cause, Effect } from "effect"
import * as Selection from "../../engine/graph/Selection.ts"
import * as Plan from "../../engine/plan/Plan.ts"
import * as Target from "../../engine/plan/Target.ts"
import type { Observer } from "../../engine/run/Observer.ts"
import * as Executor from "../../engine/run/Executor.ts"
import { RunRequest } from "../../engine/record/Run.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import * as ByProducts from "../ByProducts.ts"
import type * as Cli from "../Cli.ts"
import * as Hooking from "../Hooking.ts"
import * as Interruption from "../Interruption.ts"
import * as KeyFile from "../KeyFile.ts"
import * as KeyLines from "../KeyLines.ts"
import * as Live from "../Live.ts"
import * as PlanTable from "../PlanTable.ts"
import * as BlockView from "../progress/BlockView.ts"
import * as JsonView from "../progress/JsonView.ts"
import * as LineView from "../progress/LineView.ts"
import * as Summary from "../progress/Summary.ts"
import type { View } from "../progress/View.ts"
import * as Project from "../Project.ts"
import { exitCodes, isRefused, messageOf, Refusal, Unfinished, withoutSecrets } from "../Refusal.ts"
import * as Settings from "../Settings.ts"
import * as Screen from "../terminal/Screen.ts"
import * as Text from "../terminal/Text.ts"

interface PartitionOptions {
  readonly partition: string | undefined
  readonly partitions: string | undefined
  readonly partitionSet: string | undefined
}

/** The partition expression of the three options, of which at most one is given. */
const expressionOf = (options: PartitionOptions): Effect.Effect<string | null, Refusal> => {
  const given = [options.partition, options.partitions, options.partitionSet].filter((option) => option !== undefined)
  if (given.length > 1) {
    return Effect.fail(new Refusal({ message: "--partition, --partitions and --partition-set exclude each other: give one." }))
  }
  return options.partitionSet === undefined ? Effect.succeed(given[0] ?? null) : readKeys(options.partitionSet)
}

const readKeys = (file: string): Effect.Effect<string, Refusal> =>
  Effect.map(KeyFile.read(file, "partition set"), KeyLines.expression)

export const materialize = Effect.fn("cli.materialize")(function*(
  input: PartitionOptions & {
    readonly selection: ReadonlyArray<string>
    readonly force: boolean
    readonly dryRun: boolean
    readonly concurrency: number
    readonly nodeId: string | undefined
    readonly set: ReadonlyArray<string>
    readonly limit: ReadonlyArray<string>
    readonly rateLimit: number | undefined
    readonly json: boolean
  }
) {
  const partitions = yield* expressionOf(input)
  const settings = yield* Settings.apply(input)
  const project = yield* Project.load
  const { concurrency, force } = input
  const request = new RunRequest({ selection: input.selection.join(" "), partitions, force, concurrency })
  yield* Effect.gen(function*() {
    const { plan, snapshot } = yield* Executor.plan(project.graph, request)
    if (input.dryRun) return input.json ? Screen.prettyJson(Plan.toJson(plan)) : PlanTable.print(plan, snapshot)
    if (isIdle(plan)) {
      const selected = yield* Effect.fromResult(Selection.select(project.graph, request.selection))
      for (const note of [...Target.withoutKeys(snapshot, selected), ...ByProducts.lacking(snapshot, selected)]) Screen.note(note)
      return tellIdle(plan, input.json)
    }
    yield* Effect.provide(start(project, request, input.json, settings), Live.everything(project))
  }).pipe(Effect.provide(Live.store(project, Live.runConnections)), Settings.asNode(input.nodeId))
})

const isIdle = (plan: Plan.Plan): boolean => Plan.isEmpty(plan) && plan.later.length === 0

const tellIdle = ({ fresh }: Plan.Plan, json: boolean): void =>
  json ? Screen.json({ event: "NothingToDo", fresh }) : Screen.line(nothingToDo(fresh))

const start = (project: Project.Project, request: RunRequest, json: boolean, settings: ReadonlyArray<string>) =>
  execute(project, json, settings, (observer) => Executor.start(project.graph, request, { observer }))

/** The runs of a project's own commands: like `sluice materialize`, inside the layers that the command has built. */
export const materializing = (project: Project.Project): Cli.Materialize =>
  Effect.fn("cli.materializing")(function*(what) {
    const { concurrency = 8, force = false, json = false, partitions = null, selection } = what
    const request = new RunRequest({ selection, partitions, force, concurrency })
    const { plan } = yield* Executor.plan(project.graph, request)
    if (!isIdle(plan)) return yield* start(project, request, json, [])
    tellIdle(plan, json)
    return undefined
  })

const nothingToDo = (fresh: number): string =>
  fresh === 0 ? "Nothing to do: there are no cells to materialize." : `Nothing to do: ${
    fresh === 1 ? "the one cell is fresh" : `all ${Text.count(fresh)} cells are fresh`
  }.`

export const resume = Effect.fn("cli.resume")(function*(input: {
  readonly id: number
  readonly nodeId: string | undefined
  readonly set: ReadonlyArray<string>
  readonly limit: ReadonlyArray<string>
  readonly rateLimit: number | undefined
  readonly json: boolean
}) {
  const settings = yield* Settings.apply(input)
  const project = yield* Project.load
  yield* Effect.gen(function*() {
    yield* refuseBackfill(input.id)
    yield* Effect.provide(
      execute(project, input.json, settings, (observer) => Executor.resume(project.graph, input.id, { observer })),
      Live.everything(project)
    )
  }).pipe(Effect.provide(Live.store(project, Live.runConnections)), Settings.asNode(input.nodeId))
})

const refuseBackfill = Effect.fnUntraced(function*(id: number) {
  const { request } = yield* (yield* RunStore).run(id)
  if (request.backfill === undefined) return
  yield* new Refusal({ message: `Run ${id} is a backfill: go on with it by \`sluice backfill resume ${id}\`.` })
})

const makeView = (json: boolean): View =>
  json
    ? JsonView.make()
    : Screen.isWatched()
    ? BlockView.make()
    : LineView.make()

/** Inside the layers of the deployment. */
const execute = <E>(
  project: Project.Project,
  json: boolean,
  settings: ReadonlyArray<string>,
  run: (observer: Observer) => Effect.Effect<Executor.RunReport, E, RunStore>
) =>
  Effect.gen(function*() {
    const view = yield* Effect.acquireRelease(Effect.sync(() => makeView(json)), (view) => Effect.sync(view.close))
    const report = yield* Interruption.announcing(
      "Stopping: running steps are interrupted, what is finished stays. Ctrl-C again stops at once.",
      run(view.observer)
    ).pipe(Effect.onError((cause) =>
      Effect.sync(() => {
        view.close()
        const { run } = view.progress
        const interrupted = Cause.hasInterruptsOnly(cause)
        // What is refused is no event.
        if (view.json !== undefined && run === undefined && isRefused(cause)) return
        if (view.json !== undefined) {
          const why = interrupted ? {} : { message: withoutSecrets(messageOf(Cause.squash(cause))) }
          return view.json({ event: interrupted ? "Interrupted" : "Failed", run: run ?? null, ...why })
        }
        if (!interrupted) return
        Screen.note(run === undefined
          ? "Interrupted before a run began."
          : `Run ${run} is cancelled; go on with it: ${Summary.again(run, settings)}`)
      })
    ))
    if (view.json !== undefined) view.json({ event: "Report", ...report })
    else {
      view.close()
      Summary.print(report, view.progress, settings)
    }
    if (report.state === "cancelled") return yield* new Unfinished({ exitCode: exitCodes.interrupted })
    if (report.state === "failed") return yield* new Unfinished({ exitCode: exitCodes.failed })
    return report
  }).pipe(Effect.scoped, Hooking.afterwards(project))
