/** What a hook is told: the JSON that webhooks and commands receive. */
import { Schema } from "effect"

/**
 * failed, succeeded, cancelled, lost: a run; lost: its process died. checks failed, checks passed: those of a run. too old: an
 * asset. tick failed: a schedule, without a run. sensor failed: it cannot observe. recovered: the first success after
 * something bad. test: by `sluice hook test`.
 */
export const Kind = Schema.Literals([
  "failed",
  "succeeded",
  "cancelled",
  "lost",
  "checks failed",
  "checks passed",
  "too old",
  "tick failed",
  "sensor failed",
  "recovered",
  "test"
])
export type Kind = typeof Kind.Type

/** After these a success is a recovery. */
export const bad: ReadonlySet<Kind> = new Set(["failed", "lost", "checks failed", "too old", "tick failed", "sensor failed"])
/** After these a failure is news again. */
export const good: ReadonlySet<Kind> = new Set(["succeeded", "checks passed", "recovered"])

export const Run = Schema.Struct({
  id: Schema.Int,
  selection: Schema.String,
  /** The partition expression; null: all. */
  partitions: Schema.NullOr(Schema.String),
  startedAt: Schema.DateFromString,
  /** Null: it was lost. */
  finishedAt: Schema.NullOr(Schema.DateFromString),
  /** `host:pid` of the process that executed it last. */
  worker: Schema.String,
  /** Cells. */
  materialized: Schema.Int,
  failed: Schema.Int,
  skipped: Schema.Int
})
export type Run = typeof Run.Type

export const Failure = Schema.Struct({
  asset: Schema.String,
  /** Of the first one; "" where the asset has none. */
  partition: Schema.String,
  /** Cells of the asset that failed. */
  count: Schema.Int,
  /** The first one's, at most 500 characters. */
  error: Schema.String,
  attempts: Schema.Int
})
export type Failure = typeof Failure.Type

export const FailedCheck = Schema.Struct({
  asset: Schema.String,
  check: Schema.String,
  severity: Schema.Literals(["warn", "error"]),
  /** Cells that did not pass. */
  count: Schema.Int,
  partition: Schema.String,
  message: Schema.String
})
export type FailedCheck = typeof FailedCheck.Type

export const Subject = Schema.Struct({
  type: Schema.Literals(["asset", "schedule", "sensor"]),
  name: Schema.String,
  /** Why it failed, at most 500 characters; null: it goes well again. */
  reason: Schema.NullOr(Schema.String)
})
export type Subject = typeof Subject.Type

export const HookEvent = Schema.Struct({
  /** The same for each try to deliver it: who receives it twice may pass over the second one. */
  id: Schema.String,
  hook: Schema.String,
  kind: Kind,
  at: Schema.DateFromString,
  /** One line. */
  title: Schema.String,
  /** The title, and what else there is to know. */
  text: Schema.String,
  /** Null: it is not about a run. */
  run: Schema.NullOr(Run),
  /** Null: it is about a run, or about checks that were asked for by themselves. */
  subject: Schema.NullOr(Subject),
  /** By asset; at most ten. */
  failures: Schema.Array(Failure),
  checks: Schema.Array(FailedCheck),
  /** The command that goes on with the run; null: it is done. */
  resume: Schema.NullOr(Schema.String),
  /** So often the same came since it was told last. */
  repeats: Schema.Int,
  /** Told together with it: those that had to wait for the hook's limit. */
  others: Schema.Int
})
export type HookEvent = typeof HookEvent.Type

/** Stands for what it is about: of the same something good follows something bad. */
export const subjectOf = ({ run, subject }: Pick<HookEvent, "run" | "subject">): string =>
  run !== null ? run.selection : subject !== null ? `${subject.type} ${subject.name}` : ""
