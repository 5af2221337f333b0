/** From what happened to what a hook is told of it: what failed of what the hook is about, in words and as data. */
import { Effect, Result } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import * as CheckSummary from "../record/CheckSummary.ts"
import type { Happening, HappeningState } from "../record/Happening.ts"
import type { Kind } from "../record/HookEvent.ts"
import { type AssetFailure, HookStore } from "../record/HookStore.ts"
import type { RunSummary } from "../record/Run.ts"
import { RunStore } from "../record/RunStore.ts"
import * as Event from "./Event.ts"
import type { Hook } from "./Hook.ts"
import * as Trouble from "./Trouble.ts"

/** The assets that a hook is about; undefined: all, also those that no pipeline has any more. */
export type About = ReadonlySet<string> | undefined

/** What the hook is told of what happened, of one of its states; undefined: nothing. */
export const occurrenceOf = Effect.fnUntraced(function*(graph: AssetGraph, hook: Hook<unknown>, about: About, happening: Happening) {
  const isAbout = ({ asset }: { readonly asset: string }) => about === undefined || about.has(asset)
  if (happening.name !== null) {
    const trouble = Trouble.troubleOf(graph, hook, about, happening)
    return trouble === undefined ? undefined : Event.occurrence(hook.name, trouble.kind, happening, { subject: trouble.subject })
  }
  if (happening.run === null) {
    const checks = happening.checks.filter(isAbout)
    const found: Found = { failures: [], checks: failedOf(checks), checked: checks.length > 0, asked: false, unexplained: false }
    const kind = kindOf(hook, happening, found)
    return kind === undefined ? undefined : Event.occurrence(hook.name, kind, happening, found)
  }
  const run = yield* (yield* RunStore).run(happening.run).pipe(
    // Its records were removed.
    Effect.catchTag("RunUnavailable", () => Effect.succeed(undefined))
  )
  if (run === undefined) return undefined
  const failures = happening.state === "succeeded" ? [] : yield* (yield* HookStore).failures(happening.run)
  const checks = happening.state === "lost" ? [] : yield* (yield* RunStore).checkSummaries(happening.run)
  const found: Found = {
    failures: failures.filter(isAbout),
    checks: failedOf(checks.filter(isAbout)),
    checked: checks.some(isAbout),
    asked: asksFor(graph, run, about),
    unexplained: failures.length === 0 && !checks.some(CheckSummary.isError)
  }
  const kind = kindOf(hook, happening, found)
  return kind === undefined ? undefined : Event.occurrence(hook.name, kind, happening, { ...found, run })
})

const failedOf = (checks: ReadonlyArray<CheckSummary.CheckSummary>) => checks.filter(({ failed }) => failed > 0)

const wants = ({ on }: Hook<unknown>, ...names: ReadonlyArray<Hook<unknown>["on"][number]["name"]>): boolean =>
  on.some(({ name }) => names.includes(name))

/** The states of happenings that may be told; those of others are not even looked at. */
export const statesOf = (hook: Hook<unknown>): ReadonlyArray<HappeningState> => {
  const checks = wants(hook, "check failed", "check warned", "checks passed")
  return [
    ...(checks || wants(hook, "run failed") ? ["failed" as const] : []),
    ...(wants(hook, "run failed", "run lost") ? ["lost" as const] : []),
    ...(checks || wants(hook, "run cancelled") ? ["cancelled" as const] : []),
    ...(checks ? ["checked" as const] : []),
    ...(checks || hook.recovery || wants(hook, "run succeeded") ? ["succeeded" as const] : []),
    ...Trouble.statesOf(hook)
  ]
}

/** What a run did, as far as it is of what the hook is about. */
interface Found {
  readonly failures: ReadonlyArray<AssetFailure>
  /** Those that did not pass. */
  readonly checks: ReadonlyArray<CheckSummary.CheckSummary>
  /** There were checks, passed or not. */
  readonly checked: boolean
  /** The run was asked for it. */
  readonly asked: boolean
  /** No step and no check says why the run failed. */
  readonly unexplained: boolean
}

/** What failed says whose failure it is; where nothing did, what was asked for does. */
const kindOf = (hook: Hook<unknown>, { state }: Happening, { asked, checked, checks, failures, unexplained }: Found): Kind | undefined => {
  const failed = failures.length > 0 || checks.some(CheckSummary.isError) || (unexplained && asked)
  if (state === "failed" && failed && wants(hook, "run failed")) return "failed"
  if (state === "lost") return asked ? "lost" : undefined
  if (checks.some(({ severity }) => wants(hook, severity === "error" ? "check failed" : "check warned"))) return "checks failed"
  if (state === "cancelled" && asked && wants(hook, "run cancelled")) return "cancelled"
  if (state === "succeeded" && asked && wants(hook, "run succeeded")) return "succeeded"
  if (checked && checks.length === 0 && wants(hook, "checks passed")) return "checks passed"
  return state === "succeeded" && asked && hook.recovery ? "recovered" : undefined
}

const asksFor = (graph: AssetGraph, { request }: RunSummary, about: About): boolean =>
  about === undefined || Result.match(Selection.select(graph, request.selection), {
    // Of assets that there are not any more.
    onFailure: () => false,
    onSuccess: (keys) => keys.some((key) => about.has(key))
  })
