/** `sluice backfill` and what acts on one: pause, resume, cancel, retry-failed, join. */
import { Cause, Effect } from "effect"
import * as Backfill from "../../engine/backfill/Backfill.ts"
import * as Selection from "../../engine/graph/Selection.ts"
import { BackfillStore, type BackfillSummary, type Participant } from "../../engine/record/BackfillStore.ts"
import * as CheckSummary from "../../engine/record/CheckSummary.ts"
import type { RunStore } from "../../engine/record/RunStore.ts"
import * as Lease from "../../engine/run/Lease.ts"
import { closest } from "../../engine/Suggestion.ts"
import * as Activity from "../backfill/Activity.ts"
import * as Detached from "../backfill/Detached.ts"
import * as DryRun from "../backfill/DryRun.ts"
import * as Own from "../backfill/Own.ts"
import * as Request from "../backfill/Request.ts"
import * as Wording from "../backfill/Wording.ts"
import * as Hooking from "../Hooking.ts"
import * as Interruption from "../Interruption.ts"
import * as Live from "../Live.ts"
import * as BackfillSummaryOf from "../progress/BackfillSummary.ts"
import * as BackfillView from "../progress/BackfillView.ts"
import * as Summary from "../progress/Summary.ts"
import * as Project from "../Project.ts"
import { exitCodes, isRefused, messageOf, Refusal, Unfinished, withoutSecrets } from "../Refusal.ts"
import * as Settings from "../Settings.ts"
import * as Screen from "../terminal/Screen.ts"
import * as Text from "../terminal/Text.ts"

/** What the commands that may take part are told. */
interface Part {
  readonly concurrency: number | undefined
  readonly detach: boolean
  readonly nodeId: string | undefined
  readonly set: ReadonlyArray<string>
  readonly limit: ReadonlyArray<string>
  readonly rateLimit: number | undefined
  readonly json: boolean
}

export const backfill = Effect.fn("cli.backfill")(function*(
  input: Request.Options & Omit<Part, "concurrency"> & { readonly dryRun: boolean }
) {
  yield* refuseWrongCommand(input.selection)
  const request = yield* Request.make(input)
  const settings = yield* Settings.apply(input)
  const project = yield* Project.load
  const { graph } = project
  yield* selected(project, request.selection)
  const work = Effect.gen(function*() {
    if (input.dryRun) return yield* DryRun.print(graph, request, input.json)
    let fresh = 0
    const planned = ({ notes, plan }: Backfill.Planned) => {
      fresh = plan.fresh
      for (const note of notes) Screen.note(note)
    }
    if (!input.detach) {
      const report = yield* takePart(project, "started", input.json, settings, (options) => Backfill.start(graph, request, { ...options, planned }))
      return report === undefined ? tellIdle(fresh, input.json) : undefined
    }
    yield* Effect.scoped(Effect.gen(function*() {
      const lease = yield* Lease.acquire
      const id = yield* Backfill.create(graph, request, lease, { planned })
      if (id === undefined) return tellIdle(fresh, input.json)
      // This process has a part in it until another one has, so that it is never lost.
      yield* Effect.ensuring(
        detach(project, id, input.json),
        Effect.flatMap(BackfillStore, (store) => Effect.ignore(store.leave(id, lease.worker)))
      )
    }))
  })
  const layered = input.dryRun ? work : Effect.provide(work, Live.everything(project))
  yield* layered.pipe(Effect.provide(Live.store(project, input.dryRun ? 2 : Live.runConnections)), Settings.asNode(input.nodeId))
})

/** `Cli.backfill` of the project's own commands. */
export const backfilling = (project: Project.Project): Own.Backfill => (what) => {
  const { observer, planned, progress } = what
  const request = Own.requestOf(what)
  const watch = {
    ...(observer === undefined ? {} : { observer }),
    ...(progress === undefined ? {} : { progress }),
    ...(planned === undefined ? {} : { planned })
  }
  if (what.shown === false) return Backfill.start(project.graph, request, watch)
  return Effect.gen(function*() {
    let fresh = 0
    const told = (found: Backfill.Planned) => {
      fresh = found.plan.fresh
      planned?.(found)
      for (const note of found.notes) Screen.note(note)
    }
    const report = yield* takePart(project, "started", what.json ?? false, [], (options) =>
      Backfill.start(project.graph, request, {
        planned: told,
        observer: (observation) => {
          options.observer?.(observation)
          observer?.(observation)
        },
        progress: (told) => {
          options.progress?.(told)
          progress?.(told)
        }
      }))
    if (report === undefined) tellIdle(fresh, what.json ?? false)
    return report
  })
}

const commands = ["show", "pause", "resume", "cancel", "retry-failed", "join"] as const

/** `sluice backfill shwo 3` is no selection. */
const refuseWrongCommand = (selection: ReadonlyArray<string>): Effect.Effect<void, Refusal> => {
  const [word = "", id, more] = selection
  const isId = (text: string | undefined) => text !== undefined && /^\d+$/.test(text)
  if (id === undefined && isId(word)) {
    return Effect.fail(new Refusal({ message: `"${word}" is no selection of assets: \`sluice backfill show ${word}\` shows a backfill.` }))
  }
  const [near] = isId(id) && more === undefined ? closest(word, commands, 1) : []
  return near === undefined
    ? Effect.void
    : Effect.fail(new Refusal({ message: `"sluice backfill" has no command "${word}". Did you mean "${near}"?` }))
}

/** Refuses a wrong selection before the database is looked for. */
const selected = ({ graph }: Project.Project, selection: string) => Effect.fromResult(Selection.select(graph, selection))

const tellIdle = (fresh: number, json: boolean): void => {
  if (json) return Screen.json({ event: "NothingToDo", fresh })
  const why = fresh === 0 ? "there are no cells in the states asked for" : `${Text.plural(fresh, "cell")} ${fresh === 1 ? "needs" : "need"} nothing`
  Screen.line(`Nothing to do: ${why}.`)
}

const detach = Effect.fnUntraced(function*(project: Project.Project, id: number, json: boolean, options: Detached.Options = {}) {
  const { log, pid } = yield* Detached.start(project, id, options)
  if (json) return Screen.json({ event: "Detached", backfill: id, pid, log })
  Screen.line(`Backfill ${id} runs in the background, as process ${pid}; what it says is in ${log}.`)
  Summary.next([
    [Wording.command("show", id), "tells how it stands"],
    [Wording.command("pause", id), "starts nothing new until it is resumed"],
    [Wording.command("cancel", id), "ends it"]
  ])
})

const makeView = (json: boolean, verb: "started" | "joined"): BackfillView.BackfillView =>
  json ? BackfillView.json() : Screen.isWatched() ? BackfillView.block() : BackfillView.plain(verb)

/** Inside the layers of the deployment. */
const takePart = <E>(
  project: Project.Project,
  verb: "started" | "joined",
  json: boolean,
  settings: ReadonlyArray<string>,
  run: (options: Backfill.Options) => Effect.Effect<Backfill.BackfillReport | undefined, E, RunStore | BackfillStore>
) =>
  Effect.gen(function*() {
    const view = yield* Effect.acquireRelease(Effect.sync(() => makeView(json, verb)), (view) => Effect.sync(view.close))
    const report = yield* Interruption.announcing(
      "Stopping: running steps are interrupted, what is finished stays. Ctrl-C again stops at once.",
      run({ observer: view.observer, progress: view.told })
    ).pipe(Effect.onError((cause) => leaving(view, Cause.hasInterruptsOnly(cause) ? undefined : cause, settings)))
    if (report === undefined) {
      view.close()
      return undefined
    }
    if (view.json !== undefined) view.json({ event: "Report", ...toJson(report) })
    else {
      view.close()
      BackfillSummaryOf.print(report, report.failed > 0 ? yield* Activity.errors(report.id) : [], view.progress, settings)
    }
    if (Wording.isRetried(report) && report.failed + report.skipped === 0 && !report.checks.some(CheckSummary.isError)) return report
    if (report.state === "cancelled") return yield* new Unfinished({ exitCode: exitCodes.interrupted })
    if (report.state === "failed") return yield* new Unfinished({ exitCode: exitCodes.failed })
    return report
  }).pipe(Effect.scoped, Hooking.afterwards(project))

/** Says how the backfill stands when this process leaves it; `cause` is undefined after Ctrl-C. */
const leaving = (view: BackfillView.BackfillView, cause: Cause.Cause<unknown> | undefined, settings: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    view.close()
    const id = view.progress.run
    // What is refused is no event.
    if (view.json !== undefined && id === undefined && cause !== undefined && isRefused(cause)) return
    if (view.json !== undefined) {
      const why = cause === undefined ? {} : { message: withoutSecrets(messageOf(Cause.squash(cause))) }
      return view.json({ event: cause === undefined ? "Interrupted" : "Failed", backfill: id ?? null, ...why })
    }
    if (cause !== undefined) return
    if (id === undefined) return Screen.note("Interrupted before a backfill began.")
    const left = yield* Effect.option(Effect.flatMap(BackfillStore, (store) => store.backfill(id)))
    const others = left._tag === "Some" ? left.value.participants.filter(isAlive).length : 0
    Screen.note(
      others > 0
        ? `This process takes part in backfill ${id} no more; ${Text.plural(others, "other process", "other processes")} ` +
          `${others === 1 ? "goes" : "go"} on with it. Help again: ${Wording.command("join", id, settings)}`
        : `Backfill ${id} is cancelled; go on with it: ${Wording.command("resume", id, settings)}`
    )
  })

const isAlive = ({ alive, leftAt }: Participant): boolean => alive && leftAt === null

export const toJson = <A extends BackfillSummary>(summary: A) => ({ ...summary, state: Wording.stateOf(summary) })

/** The processes that go on with a backfill: a killed one of this machine is known to be gone before its lease ends. */
const partners = Effect.fnUntraced(function*({ participants }: BackfillSummary) {
  const node = yield* Lease.Node
  return participants.filter((one) => isAlive(one) && !Lease.isGone(`${one.host}:${one.pid}`, node))
})

type IdInput = { readonly id: number }

/** Loads the project and does the work on its store, as this machine. */
const onStore = <A, E, R>(input: { readonly nodeId?: string | undefined }, work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const project = yield* Project.load
    return yield* work.pipe(Effect.provide(Live.store(project)), Settings.asNode(input.nodeId))
  })

/**
 * Takes part in the backfill, here or in the background; one that has ended goes on where it `reopens`, and else is
 * refused. `first` begins a retry, once nothing refuses that any more.
 */
const helping = Effect.fnUntraced(function*<E = never>(
  input: IdInput & Part,
  settings: ReadonlyArray<string>,
  reopens: boolean,
  first?: Effect.Effect<void, E, BackfillStore>
) {
  const project = yield* Project.load
  const { concurrency, id } = input
  yield* Effect.gen(function*() {
    if (input.detach) {
      // Told here and not in a log: that there is no such backfill.
      yield* (yield* BackfillStore).backfill(id)
      if (first !== undefined) yield* first
      return yield* detach(project, id, input.json, { concurrency, reopens })
    }
    const helped = takePart(project, "joined", input.json, settings, (options) =>
      Backfill.join(project.graph, id, {
        ...options,
        openOnly: !reopens,
        ...(concurrency === undefined ? {} : { concurrency })
      }))
    yield* Effect.provide(first === undefined ? helped : Effect.andThen(first, helped), Live.everything(project))
  }).pipe(Effect.provide(Live.store(project, Live.runConnections)), Settings.asNode(input.nodeId))
})

export const join = Effect.fn("cli.backfill.join")(function*(input: IdInput & Part & { readonly reopen: boolean }) {
  yield* helping(input, yield* Settings.apply(input), input.reopen)
})

const say = (input: { readonly json?: boolean }, id: number, event: string, sentence: string): void =>
  input.json === true ? Screen.json({ event, backfill: id }) : Screen.line(sentence)

export const resume = Effect.fn("cli.backfill.resume")(function*(input: IdInput & Part) {
  const { id } = input
  // Before anything reads a setting: the environment is looked at once.
  const settings = yield* Settings.apply(input)
  const goesOn = yield* onStore(input, Effect.gen(function*() {
    const store = yield* BackfillStore
    const found = yield* store.backfill(id)
    yield* refuseDone(found)
    const others = yield* partners(found)
    const isPaused = found.state === "paused" && !found.cancelRequested
    // Also where all its processes were killed just now: the store holds them for alive until their leases end.
    if (isPaused) yield* Backfill.unpause(id)
    if (others.length === 0 || found.cancelRequested || (found.state !== "paused" && found.state !== "running")) return false
    const processes = Text.plural(others.length, "process", "processes")
    say(input, id, isPaused ? "Resumed" : "Running", isPaused
      ? `Backfill ${id} goes on, in ${processes}.`
      : `Backfill ${id} runs already, in ${processes}: there is nothing to resume.`)
    if (!input.json) Summary.next([[Wording.command("join", id), "helps, here or on another machine"]])
    return true
  }))
  if (!goesOn) yield* helping(input, settings, true)
})

/** A backfill that has failed with nothing left open would fail again at once. */
const refuseDone = (found: BackfillSummary): Effect.Effect<void, Refusal> => {
  const { failed, id, skipped, state, stopReason } = found
  if (state !== "failed" || stopReason !== null || found.planned > Wording.done(found)) return Effect.void
  const next = failed + skipped > 0
    ? `\`sluice backfill retry-failed ${id}\` tries again what failed`
    : `see \`sluice backfill show ${id}\` for the checks that failed`
  return Effect.fail(new Refusal({ message: `Backfill ${id} has ended, and no cell of it is open: ${next}.` }))
}

export const retryFailed = Effect.fn("cli.backfill.retryFailed")(function*(input: IdInput & Part) {
  const { id } = input
  const settings = yield* Settings.apply(input)
  const retrying = (others: number, gone: ReadonlyArray<string> = []) => Effect.map(Backfill.retryFailed(id, gone), ({ failed, skipped }) => {
    const again = `${Text.plural(failed, "failed cell")}${skipped > 0 ? ` and ${Text.count(skipped)} that ${skipped === 1 ? "was" : "were"} skipped` : ""}`
    if (input.json) Screen.json({ event: "Retrying", backfill: id, failed, skipped })
    else Screen.line(`${again} of backfill ${id} ${failed + skipped === 1 ? "is" : "are"} tried again${others > 0 ? ` by ${Text.plural(others, "process", "processes")}` : ""}.`)
  })
  const gone = yield* onStore(input, Effect.gen(function*() {
    const found = yield* (yield* BackfillStore).backfill(id)
    const others = (yield* partners(found)).length
    if (others > 0) return void (yield* retrying(others))
    // The store may hold killed ones for alive: with them it would seem to run, and all of it would go on.
    return found.participants.filter(isAlive).map(({ worker }) => worker)
  }))
  if (gone !== undefined) yield* helping(input, settings, false, retrying(0, gone))
})

export const pause = Effect.fn("cli.backfill.pause")(function*({ id }: IdInput) {
  yield* onStore({}, Effect.gen(function*() {
    const paused = yield* Backfill.pause(id)
    const running = paused.participants.filter(isAlive).reduce((sum, one) => sum + one.running, 0)
    Screen.line(`Backfill ${id} is paused: nothing new starts${running > 0 ? ", what is under way is finished" : ""}.`)
    Summary.next([[Wording.command("resume", id), "goes on with it"]])
  }))
})

export const cancel = Effect.fn("cli.backfill.cancel")(function*({ id }: IdInput) {
  yield* onStore({}, Effect.gen(function*() {
    const ended = yield* Backfill.cancel(id)
    Screen.line(`Backfill ${id} is ${Wording.stateOf(ended)}: ${BackfillSummaryOf.counts(ended)}, ${Text.count(ended.planned - Wording.done(ended))} open.`)
    Summary.next([[Wording.command("resume", id), "goes on with it"]])
  }))
})
