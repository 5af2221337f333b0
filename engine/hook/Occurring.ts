/** From the end of a run to what a hook is told of it: what failed of what the hook is about, in words and as data. */
import { Effect, Result } from "effect"
import { createHash } from "node:crypto"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import * as CheckSummary from "../record/CheckSummary.ts"
import type { HookEvent, Kind } from "../record/HookEvent.ts"
import { type AssetFailure, HookStore, type Occurrence, type RunEnd } from "../record/HookStore.ts"
import type { RunSummary } from "../record/Run.ts"
import { RunStore } from "../record/RunStore.ts"
import type { Hook } from "./Hook.ts"
import * as Message from "./Message.ts"

/** The assets that a hook is about; undefined: all, also those that no pipeline has any more. */
export type About = ReadonlySet<string> | undefined

/** More failing assets, and failed checks, are counted and not told. */
const mostTold = 10
const mostOfError = 500

/** What the hook is told of an end in one of its states; undefined: nothing. */
export const occurrenceOf = Effect.fnUntraced(function*(graph: AssetGraph, hook: Hook<unknown>, about: About, end: RunEnd) {
  const isAbout = ({ asset }: { readonly asset: string }) => about === undefined || about.has(asset)
  if (end.run === null) {
    const checks = end.checks.filter(isAbout)
    const found: Found = { failures: [], checks: failedOf(checks), checked: checks.length > 0, asked: false, unexplained: false }
    const kind = kindOf(hook, end, found)
    return kind === undefined ? undefined : occurrence(hook.name, kind, end, undefined, found)
  }
  const run = yield* (yield* RunStore).run(end.run).pipe(
    // Its records were removed.
    Effect.catchTag("RunUnavailable", () => Effect.succeed(undefined))
  )
  if (run === undefined) return undefined
  const failures = end.state === "succeeded" ? [] : yield* (yield* HookStore).failures(end.run)
  const checks = end.state === "lost" ? [] : yield* (yield* RunStore).checkSummaries(end.run)
  const found: Found = {
    failures: failures.filter(isAbout),
    checks: failedOf(checks.filter(isAbout)),
    checked: checks.some(isAbout),
    asked: asksFor(graph, run, about),
    unexplained: failures.length === 0 && !checks.some(CheckSummary.isError)
  }
  const kind = kindOf(hook, end, found)
  return kind === undefined ? undefined : occurrence(hook.name, kind, end, run, found)
})

const failedOf = (checks: ReadonlyArray<CheckSummary.CheckSummary>) => checks.filter(({ failed }) => failed > 0)

const wants = ({ on }: Hook<unknown>, ...names: ReadonlyArray<Hook<unknown>["on"][number]["name"]>): boolean =>
  on.some(({ name }) => names.includes(name))

/** The states of ends that may be told; those of others are not even looked at. */
export const statesOf = (hook: Hook<unknown>): ReadonlyArray<RunEnd["state"]> => {
  const checks = wants(hook, "check failed", "check warned", "checks passed")
  return [
    ...(checks || wants(hook, "run failed") ? ["failed" as const] : []),
    ...(wants(hook, "run failed", "run lost") ? ["lost" as const] : []),
    ...(checks || wants(hook, "run cancelled") ? ["cancelled" as const] : []),
    ...(checks ? ["checked" as const] : []),
    ...(checks || hook.recovery || wants(hook, "run succeeded") ? ["succeeded" as const] : [])
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
const kindOf = (hook: Hook<unknown>, { state }: RunEnd, { asked, checked, checks, failures, unexplained }: Found): Kind | undefined => {
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

/** Numbers, and with them days and ids, differ between failures that are the same. */
const withoutNumbers = (text: string): string => text.replaceAll(/\d+/g, "#").slice(0, 200)

const fingerprintOf = (kind: Kind, selection: string, failures: ReadonlyArray<AssetFailure>, checks: ReadonlyArray<CheckSummary.CheckSummary>): string | null => {
  if (kind === "lost") return hash([kind, selection])
  if (kind !== "failed" && kind !== "checks failed") return null
  const parts = [
    ...failures.map(({ asset, error }) => `${asset}: ${withoutNumbers(error)}`),
    ...checks.map(({ asset, check }) => `${asset}: ${check}`)
  ].sort().slice(0, mostTold)
  return hash(parts.length === 0 ? [kind, selection] : parts)
}

const hash = (parts: ReadonlyArray<string>): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex")

/** The command that goes on with a run. */
const resumeOf = ({ id, request }: RunSummary): string =>
  request.backfill === undefined ? `npx sluice run resume ${id}` : `npx sluice backfill resume ${id}`

const runOf = ({ state }: RunEnd, { finishedAt, request, ...run }: RunSummary): HookEvent["run"] => ({
  id: run.id,
  selection: request.selection,
  partitions: request.partitions,
  startedAt: run.startedAt,
  finishedAt: state === "lost" ? null : finishedAt,
  worker: run.worker,
  materialized: run.materialized,
  failed: run.failed,
  skipped: run.skipped
})

const occurrence = (hook: string, kind: Kind, end: RunEnd, run: RunSummary | undefined, { checks, failures }: Found): Occurrence => {
  const unsaid = {
    id: `${hook.replaceAll("/", ".")}.${end.run ?? "checks"}.${end.id}`,
    hook,
    kind,
    at: end.at,
    run: run === undefined ? null : runOf(end, run),
    failures: failures.slice(0, mostTold).map((failure) => ({ ...failure, error: failure.error.slice(0, mostOfError) })),
    checks: checks.slice(0, mostTold).map(({ asset, check, failed: count, firstFailure, severity }) =>
      ({ asset, check, severity, count, partition: firstFailure?.partition ?? "", message: (firstFailure?.message ?? "").slice(0, mostOfError) })),
    resume: run !== undefined && (kind === "failed" || kind === "lost" || kind === "cancelled") ? resumeOf(run) : null,
    repeats: 0
  }
  const event: HookEvent = { ...unsaid, title: Message.title(unsaid), text: Message.text(unsaid), others: 0 }
  return { end: end.id, fingerprint: fingerprintOf(kind, run?.request.selection ?? "", failures, checks), event }
}
