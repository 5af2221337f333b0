/** `sluice bulk`: records from files to a rate-limited API. Light: what it does is loaded when it is run. */
import { Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Cli } from "sluice"

const optional = <A>(flag: Flag.Flag<A>) => flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))

const text = (name: string, metavar: string, description: string) =>
  optional(Flag.String(name).pipe(Flag.withMetavar(`<${metavar}>`), Flag.withDescription(description)))

const counted = (name: string, description: string, most: number) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("<n>"),
    Flag.withDescription(description),
    Flag.filter((n) => n >= 1 && n <= most, () => `a whole number from 1 to ${most.toLocaleString("en")}`)
  )

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

const json = yes("json", "Print JSON on standard output and nothing else there")

const logDir = Flag.String("log-dir").pipe(
  Flag.withMetavar("<folder>"),
  Flag.withDescription("Where processor.log, api_client.log and metrics.json are (default logs)"),
  Flag.withDefault("logs")
)

const share = (name: string, description: string) =>
  Flag.Finite(name).pipe(
    Flag.withMetavar("<share>"),
    Flag.withDescription(description),
    Flag.filter((n) => n >= 0 && n <= 1, () => "a share from 0 to 1, like 0.1")
  )

const errorRate = share("error-rate", "This share of the invented records is bad, to the record (default 0)")

const endpoint = text("endpoint", "url", "The API that records are sent to (default API_ENDPOINT)")

const mockApi = yes("mock-api", "Send the records to the project's own stand-in API")

const generate = Command.make(
  "generate",
  {
    records: counted("records", "So many records", 1_000_000_000),
    errorRate: errorRate.pipe(Flag.withDefault(0)),
    batchSize: optional(counted("batch-size", "Records of one file (default: all in one)", 1_000_000_000)),
    format: Flag.Literals("format", ["csv", "json", "ndjson", "parquet"]).pipe(
      Flag.withDescription("The format of the files (default csv)"),
      Flag.withDefault("csv" as const)
    ),
    seed: Flag.Int("seed").pipe(
      Flag.withMetavar("<n>"),
      Flag.withDescription("Another one gives other records (default 1)"),
      Flag.withDefault(1)
    ),
    out: Flag.String("out").pipe(
      Flag.withMetavar("<folder>"),
      Flag.withDescription("Where the files are written (default data/bulk)"),
      Flag.withDefault("data/bulk")
    )
  },
  (input) => Cli.lazily(() => import("./Generate.ts"), (m) => m.generate(input))
).pipe(
  Command.withDescription("Write files of invented records to try the pipeline with. The same options give the same files."),
  Command.withShortDescription("Write files of invented records"),
  Command.withExamples([
    { command: "sluice bulk generate --records 1000" },
    { command: "sluice bulk generate --records 1000 --error-rate 0.1 --batch-size 100 --format ndjson" }
  ])
)

const health = Command.make(
  "health",
  { endpoint },
  (input) => Cli.lazily(() => import("./Health.ts"), (m) => m.health(input))
).pipe(
  Command.withDescription("Ask the API's health check, and say how many workers its rate needs at this latency. Exit code 1 when it is down."),
  Command.withShortDescription("Whether the API is up"),
  Command.withExamples([{ command: "sluice bulk health" }])
)

const retryFailed = Command.make(
  "retry-failed",
  { endpoint, mockApi, logDir, json },
  (input) => Cli.lazily(() => import("./RetryFailed.ts"), (m) => m.retryFailed(input))
).pipe(
  Command.withDescription(
    "Send failed records once more, with their idempotency keys: those that the API refused, and those that it did not answer."
  ),
  Command.withShortDescription("Send failed records once more"),
  Command.withExamples([{ command: "sluice bulk retry-failed" }])
)

const worker = Command.make(
  "worker",
  {
    backfill: Argument.Int("backfill").pipe(Argument.withDescription("The number of the run")),
    name: text("name", "name", "In the names of its logs (default its process number)"),
    logDir
  },
  ({ name, ...input }) => Cli.lazily(() => import("./Worker.ts"), (m) => m.worker({ ...input, name: name ?? String(process.pid) }))
).pipe(
  Command.withDescription("Help with a run of `sluice bulk`, on this machine or another one with the same database, and end with it."),
  Command.withShortDescription("Help with a run"),
  Command.withExamples([{ command: "sluice bulk worker 7" }])
)

export const bulkCommand = Command.make(
  "bulk",
  {
    demo: yes("demo", "Send 2,000 invented records from the project's own stand-in S3 to its stand-in API; all of them again each time"),
    mockApi,
    numRecords: optional(counted("num-records", "Send so many invented records in place of the input's", 100_000_000)),
    errorRate: optional(errorRate),
    input: text("input", "path", "A file, a folder or a URI with the records (default BULK_INPUT, else S3_BUCKET and S3_KEY)"),
    bucket: text("bucket", "name", "The bucket of the records (default S3_BUCKET)"),
    key: text("key", "key", "The key of the file in it (default S3_KEY)"),
    endpoint,
    batchSize: optional(counted("batch-size", "Records that are committed and counted together (default BATCH_SIZE, else 1000)", 100_000)),
    recordsPerCall: optional(counted("records-per-call", "Records that are sent with one call (default RECORDS_PER_CALL, else 1)", 10_000)),
    maxWorkers: optional(counted("max-workers", "Workers, each with 16 calls in flight (default MAX_WORKERS, else 20)", 1000)),
    rate: optional(counted("rate", "Calls in RATE_LIMIT_PERIOD at most (default RATE_LIMIT_CALLS, else 5000)", 1_000_000)),
    mode: optional(Flag.Literals("mode", ["async", "sync"]).pipe(
      Flag.withDescription("sync: a worker waits for each answer before its next call (default BULK_MODE, else async)")
    )),
    engine: optional(Flag.Literals("engine", ["auto", "local", "partitioned"]).pipe(
      Flag.withDescription("local: this process alone; partitioned: several; auto: by the size of the input (default BULK_ENGINE, else auto)")
    )),
    processes: optional(counted("workers", "Processes of the partitioned engine (default BULK_PROCESSES, else 2)", 64)),
    maxErrorRate: optional(share("max-error-rate", "Where more records fail the run ends with exit code 1, early (default MAX_ERROR_RATE, else 0.5)")),
    maxOutage: optional(Flag.Finite("max-outage").pipe(
      Flag.withMetavar("<seconds>"),
      Flag.withDescription("Where the API is away for longer the run ends with exit code 1 (default MAX_OUTAGE, else it waits)")
    )),
    name: text("name", "name", "Of the run, in lists of runs and in metrics.json (default BULK_NAME, else bulk)"),
    force: yes("force", "Send all records again, those that were sent before too"),
    logDir,
    json
  },
  (input) => Cli.lazily(() => import("./Run.ts"), (m) => m.run(input))
).pipe(
  Command.withDescription(
    "Send every record of the input to the API, once: what was sent before is not sent again. After an interruption or a " +
      "kill, give the same command again. Records that fail are listed and stop nothing, unless too many do. Exit code 1 when the API " +
      "is down at the start or away for too long, a file cannot be read to its end, or too many records fail; 2 for settings and inputs that are wrong."
  ),
  Command.withShortDescription("Records from files to a limited API; generate, health, retry-failed"),
  Command.withSubcommands([generate, health, retryFailed, worker]),
  Command.withExamples([
    { command: "sluice bulk --demo", description: "With invented records, a stand-in S3 and a stand-in API" },
    { command: "sluice bulk --input data/bulk --endpoint https://api.example.com/process" },
    { command: "sluice bulk --engine partitioned --workers 4" }
  ])
)
