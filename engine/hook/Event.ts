/** The event that a hook is told of what happened, and what stands for it when it comes again. */
import { createHash } from "node:crypto"
import type { CheckSummary } from "../record/CheckSummary.ts"
import type { Happening } from "../record/Happening.ts"
import type { HookEvent, Kind, Subject } from "../record/HookEvent.ts"
import type { AssetFailure, Occurrence } from "../record/HookStore.ts"
import type { RunSummary } from "../record/Run.ts"
import * as Message from "./Message.ts"

/** What it tells of, as far as the hook is about it. */
export interface Content {
  readonly run?: RunSummary
  readonly subject?: Subject
  readonly failures?: ReadonlyArray<AssetFailure>
  /** Those that did not pass. */
  readonly checks?: ReadonlyArray<CheckSummary>
}

/** More failing assets, and failed checks, are counted and not told. */
const mostTold = 10
const mostOfError = 500

export const occurrence = (hook: string, kind: Kind, happening: Happening, content: Content): Occurrence => {
  const { checks = [], failures = [], run, subject } = content
  const unsaid = {
    id: `${hook.replaceAll("/", ".")}.${happening.run ?? subject?.type ?? "checks"}.${happening.id}`,
    hook,
    kind,
    at: happening.at,
    run: run === undefined ? null : runOf(happening, run),
    subject: subject === undefined ? null : { ...subject, reason: subject.reason?.slice(0, mostOfError) ?? null },
    failures: failures.slice(0, mostTold).map((failure) => ({ ...failure, error: failure.error.slice(0, mostOfError) })),
    checks: checks.slice(0, mostTold).map(({ asset, check, failed: count, firstFailure, severity }) =>
      ({ asset, check, severity, count, partition: firstFailure?.partition ?? "", message: (firstFailure?.message ?? "").slice(0, mostOfError) })),
    resume: run !== undefined && (kind === "failed" || kind === "lost" || kind === "cancelled") ? resumeOf(run) : null,
    repeats: 0
  }
  const event: HookEvent = { ...unsaid, title: Message.title(unsaid), text: Message.text(unsaid), others: 0 }
  return { happening: happening.id, fingerprint: fingerprintOf(kind, content), event }
}

/** The command that goes on with a run. */
const resumeOf = ({ id, request }: RunSummary): string =>
  request.backfill === undefined ? `npx sluice run resume ${id}` : `npx sluice backfill resume ${id}`

const runOf = ({ state }: Happening, { finishedAt, request, ...run }: RunSummary): HookEvent["run"] => ({
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

/** Numbers, and with them days and ids, differ between failures that are the same. */
const withoutNumbers = (text: string): string => text.replaceAll(/\d+/g, "#").slice(0, 200)

/** Null: each one is told. */
const fingerprintOf = (kind: Kind, { checks = [], failures = [], run, subject }: Content): string | null => {
  const selection = run?.request.selection ?? ""
  switch (kind) {
    case "lost":
      return hash([kind, selection])
    case "too old":
      return hash([kind, subject?.name ?? ""])
    case "tick failed":
    case "sensor failed":
      return hash([kind, subject?.name ?? "", withoutNumbers(subject?.reason ?? "")])
    case "failed":
    case "checks failed": {
      const parts = [
        ...failures.map(({ asset, error }) => `${asset}: ${withoutNumbers(error)}`),
        ...checks.map(({ asset, check }) => `${asset}: ${check}`)
      ].sort().slice(0, mostTold)
      return hash(parts.length === 0 ? [kind, selection] : parts)
    }
    default:
      return null
  }
}

const hash = (parts: ReadonlyArray<string>): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex")
