/** How a run goes: options of the command before settings of the environment, before defaults. */
import { Console, Effect } from "effect"
import { Cli } from "sluice"
import * as Input from "../../resources/bulk/Input.ts"
import * as Setting from "../../resources/bulk/Setting.ts"
import * as ApiSettings from "../../resources/bulk/Settings.ts"

export const levels = ["DEBUG", "INFO", "WARNING", "ERROR"] as const
export type Level = (typeof levels)[number]

/** `local`: this process alone. `partitioned`: chunks over several processes. `auto`: by the size of the input. */
export const engines = ["auto", "local", "partitioned"] as const
export type Engine = (typeof engines)[number]

export interface Options {
  readonly input: string
  readonly api: ApiSettings.Settings
  readonly chunkKib: number
  readonly engine: Engine
  /** From so many megabytes on `auto` is `partitioned`. */
  readonly partitionedFrom: number
  readonly processes: number
  /** A larger share of failed records is a failure of the run. */
  readonly maxErrorRate: number
  /** An API that is away for longer ends the run; undefined: it waits. */
  readonly maxOutageSeconds: number | undefined
  /** How lists of runs name it, and `metrics.json`. */
  readonly name: string
  readonly level: Level
}

/** What is wrong is a line each: one of many would be lost in a long one. */
const refusing = <A>(settings: Effect.Effect<A, Setting.SettingsError>): Effect.Effect<A, Cli.Refusal | Cli.Unfinished> =>
  Effect.catch(settings, ({ message }): Effect.Effect<never, Cli.Refusal | Cli.Unfinished> => {
    const sentences = message.split("\n")
    if (sentences.length === 1) return Effect.fail(new Cli.Refusal({ message }))
    const told = Effect.forEach(sentences, (sentence) => Console.error(`error: ${sentence}`), { discard: true })
    return Effect.andThen(told, Effect.fail(new Cli.Unfinished({ exitCode: 2 })))
  })

const sending = { api: ApiSettings.read, level: Setting.word("LOG_LEVEL", "INFO", levels) }

/** What is needed to send records that are known already. */
export const readSending = refusing(Setting.all(sending))

/** Every setting; a sentence for each that is missing or wrong. */
export const read: Effect.Effect<Options, Cli.Refusal | Cli.Unfinished> = refusing(Setting.all({
  input: Input.uri,
  ...sending,
  chunkKib: Input.chunkKib,
  engine: Setting.word("BULK_ENGINE", "auto", engines),
  partitionedFrom: Setting.count("BULK_PARTITIONED_FROM", 256, 0, 1_000_000_000),
  processes: Setting.count("BULK_PROCESSES", 2, 1, 64),
  maxErrorRate: Setting.share("MAX_ERROR_RATE", 0.5),
  maxOutageSeconds: Setting.seconds("MAX_OUTAGE", undefined, 31 * 86_400),
  name: Effect.map(Setting.text("BULK_NAME"), (name) => name ?? "bulk")
}))

/** The options of the command line that stand for a setting, by its name. */
export interface Given {
  readonly demo: boolean
  readonly mockApi: boolean
  readonly input: string | undefined
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly endpoint: string | undefined
  readonly batchSize: number | undefined
  readonly recordsPerCall: number | undefined
  readonly maxWorkers: number | undefined
  readonly rate: number | undefined
  readonly mode: string | undefined
  readonly engine: string | undefined
  readonly processes: number | undefined
  readonly maxErrorRate: number | undefined
  readonly maxOutage: number | undefined
  readonly name: string | undefined
}

/** The latency of the demo's stand-in, in milliseconds. */
const demoApi = "simulator?latency=20&errors=0.01"

export const settingsOf = (given: Given, input: string | undefined): Readonly<Record<string, string | undefined>> => {
  const text = (value: string | number | undefined) => value === undefined ? undefined : String(value)
  return {
    // A bucket that is named here is meant before a path of the environment.
    BULK_INPUT: input ?? (given.bucket === undefined && given.key === undefined ? undefined : ""),
    S3_BUCKET: given.bucket,
    S3_KEY: given.key,
    API_ENDPOINT: given.endpoint ?? (given.demo ? demoApi : given.mockApi ? "simulator" : undefined),
    BATCH_SIZE: text(given.batchSize),
    RECORDS_PER_CALL: text(given.recordsPerCall),
    MAX_WORKERS: text(given.maxWorkers),
    RATE_LIMIT_CALLS: text(given.rate),
    BULK_MODE: given.mode,
    BULK_ENGINE: given.engine,
    BULK_PROCESSES: text(given.processes),
    MAX_ERROR_RATE: text(given.maxErrorRate),
    MAX_OUTAGE: text(given.maxOutage),
    BULK_NAME: given.name
  }
}
