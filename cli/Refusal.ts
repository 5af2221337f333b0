/** How a command ends otherwise than well: what it says on standard error, and its exit code. */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"

/** 0 done, 1 a step or check failed, 2 wrong use or configuration, 130 interrupted. */
export const exitCodes = { failed: 1, refused: 2, interrupted: 130 } as const

/** Wrong use or configuration; the message is one sentence that says what would be right. */
export class Refusal extends Data.TaggedError("Refusal")<{
  readonly message: string
  readonly cause?: unknown
}> {}

/** The work was done as far as it goes, and the command has told what failed. */
export class Unfinished extends Data.TaggedError("Unfinished")<{ readonly exitCode: number }> {}

/** The tags of errors that say what the user gave wrongly; all others are failures of the work. */
const refusals = new Set([
  "Refusal",
  "SelectionError",
  "PartitionKeyError",
  "TargetError",
  "TargetError",
  "GraphError",
  "UnfitIo",
  "RunUnavailable",
  "SchemaTooNew",
  "DatabaseUnreachable",
  "DatabaseRefused",
  "DatabaseMissing",
  "DatabaseSettingInvalid",
  "StateFolderUnusable",
  "EmbeddedPostgresFailed",
  "NoEmbeddedPostgres",
  "ConfigError"
])

const property = (error: unknown, name: string): unknown =>
  typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined

/** Partition expressions can be files of many keys; their errors repeat the expression. */
const maxLength = 600

/** The message of any error as one line; never empty. */
export const messageOf = (error: unknown): string => {
  const message = property(error, "message")
  const text = typeof message === "string" && message !== "" ? message : String(property(error, "_tag") ?? error)
  const line = text.replace(/\s+/g, " ").trim()
  return line.length <= maxLength ? line : `${line.slice(0, maxLength / 3)} … ${line.slice(-maxLength / 2)}`
}

export interface Ending {
  readonly exitCode: number
  /** Undefined: everything is said already. */
  readonly sentence: string | undefined
}

export const ofCause = (cause: Cause.Cause<unknown>): Ending => {
  if (Cause.hasInterrupts(cause) && !Cause.hasFails(cause) && !Cause.hasDies(cause)) {
    return { exitCode: exitCodes.interrupted, sentence: undefined }
  }
  const error = Cause.squash(cause)
  if (error instanceof Unfinished) return { exitCode: error.exitCode, sentence: undefined }
  const tag = property(error, "_tag")
  if (!Cause.hasFails(cause)) {
    const sentence = `Sluice itself failed: ${messageOf(error)} (SLUICE_DEBUG=1 shows where)`
    return { exitCode: exitCodes.failed, sentence }
  }
  const refused = typeof tag === "string" && refusals.has(tag)
  return { exitCode: refused ? exitCodes.refused : exitCodes.failed, sentence: messageOf(error) }
}

/** Wrong use, which is told on standard error alone. */
export const isRefused = (cause: Cause.Cause<unknown>): boolean => ofCause(cause).exitCode === exitCodes.refused

/** Passwords of the environment replaced by `***`: the last fence before a terminal or a log. */
export const withoutSecrets = (text: string, env: NodeJS.ProcessEnv = process.env): string => {
  let clean = text.replace(/\b(postgres(?:ql)?:\/\/[^\s:@/]*):[^\s@]+@/gi, "$1:***@")
  for (const secret of [env["PGPASSWORD"], passwordOf(env["DATABASE_URL"])]) {
    // Shorter ones are words of any sentence.
    if (secret !== undefined && secret.length >= 4) clean = clean.replaceAll(secret, "***")
  }
  return clean
}

const passwordOf = (url: string | undefined): string | undefined => {
  const password = /^\w+:\/\/[^:@/]*:([^@]+)@/.exec(url ?? "")?.[1]
  return password === undefined || password === "postgres" ? undefined : password
}
