/** The commands on backfills: start one, look at it, pause, resume, cancel and retry it. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "./Options.ts"

const load = () => import("../commands/backfill.ts")

/** What a process that takes part may be told. */
const part = {
  concurrency: Options.wholeNumber("concurrency", "n", "Steps that this process runs at once (default: as the backfill was started)", 1).pipe(
    Flag.withAlias("c")
  ),
  detach: Options.yes("detach", "Take part in the background, and write to a file in .sluice/logs"),
  ...Options.limits,
  nodeId: Options.nodeId,
  set: Options.set,
  json: Options.json
}

const show = Command.make(
  "show",
  { id: Options.backfillId, json: Options.json },
  (input) => Options.lazily(() => import("../commands/backfills.ts"), (m) => m.show(input))
).pipe(
  Command.withDescription(
    "Show a backfill: what is planned and what became of it, by asset; its processes, its rate and when it will be " +
      "done, its last errors, what is tried again, and what to do next."
  ),
  Command.withShortDescription("Show a backfill"),
  Command.withExamples([{ command: "sluice backfill show 7" }])
)

const pause = Command.make("pause", { id: Options.backfillId }, (input) => Options.lazily(load, (m) => m.pause(input))).pipe(
  Command.withDescription("Start no new cells, in none of its processes, until it is resumed; what is under way is finished."),
  Command.withShortDescription("Start no new cells until it is resumed"),
  Command.withExamples([{ command: "sluice backfill pause 7" }])
)

const resume = Command.make("resume", { id: Options.backfillId, ...part }, (input) => Options.lazily(load, (m) => m.resume(input))).pipe(
  Command.withDescription(
    "Go on with a backfill that is paused, was cancelled, has failed, or is lost. Its processes do, where some are alive; " +
      "else this one takes part. Failed cells stay as they are: `sluice backfill retry-failed` is for them."
  ),
  Command.withShortDescription("Go on with a backfill"),
  Command.withExamples([
    { command: "sluice backfill resume 7" },
    { command: "sluice backfill resume 7 --detach", description: "In the background" }
  ])
)

const cancel = Command.make("cancel", { id: Options.backfillId }, (input) => Options.lazily(load, (m) => m.cancel(input))).pipe(
  Command.withDescription("End a backfill in all its processes, and wait for it: no step starts any more, running ones are interrupted."),
  Command.withShortDescription("End a backfill"),
  Command.withExamples([{ command: "sluice backfill cancel 7" }])
)

const retryFailed = Command.make(
  "retry-failed",
  { id: Options.backfillId, ...part },
  (input) => Options.lazily(load, (m) => m.retryFailed(input))
).pipe(
  Command.withDescription(
    "Try the failed cells again, and those that were skipped because of them, and nothing else. Its processes do, where " +
      "some are alive; else this one takes part."
  ),
  Command.withShortDescription("Try failed cells again"),
  Command.withExamples([{ command: "sluice backfill retry-failed 7" }])
)

const join = Command.make(
  "join",
  {
    id: Options.backfillId,
    // For the process in the background of a resume, which may come when the backfill has ended.
    reopen: Options.yes("reopen", "Go on with it also where it has ended").pipe(Flag.withHidden),
    ...part
  },
  (input) => Options.lazily(load, (m) => m.join(input))
).pipe(
  Command.withDescription(
    "Take part in a backfill beside the processes that execute it, on this machine or another one with the same database. " +
      "No cell is done twice. One that has ended is refused: `sluice backfill resume` goes on with it."
  ),
  Command.withShortDescription("Help with a backfill"),
  Command.withExamples([
    { command: "sluice backfill join 7", description: "With as many steps at once as it was started with" },
    { command: "sluice backfill join 7 --concurrency 32 --detach" }
  ])
)

export const backfill = Command.make(
  "backfill",
  {
    selection: Options.selection,
    from: Options.optionalText("from", "date", "The first day, window or month of the time dimension"),
    to: Options.optionalText("to", "date", "The last one, included"),
    last: Options.optionalText("last", "span", "The windows of a span back from now: 12h, 30d, 4w, 6mo or 2y"),
    where: Options.texts("where", "dimension=key,…", "Only these keys of a dimension; may be repeated"),
    paramList: Options.texts(
      "param-list",
      "key…",
      "Only these keys of the parameter dimension: all words up to the next option, commas too"
    ),
    paramFile: Options.optionalText("param-file", "file", "The same from a file, one key a line; - is standard input"),
    paramStart: Options.wholeNumber("param-start", "n", "From this place in the order of the keys on; the first one is 0", 0),
    paramEnd: Options.wholeNumber("param-end", "n", "Up to this place, which is not included", 0),
    paramLimit: Options.wholeNumber("param-limit", "n", "At most so many keys", 1),
    partitions: Options.optionalText("partitions", "A..B", "Partitions, as an expression that `sluice materialize` takes too"),
    only: Options.optionalText("only", "states", "Cells that are missing, stale, failed or all, as a list (default missing,stale)"),
    retryFailed: Options.yes("retry-failed", "Cells that failed before too"),
    dryRun: Options.yes("dry-run", "Print how much there is to do and how long it may take, and change nothing"),
    concurrency: Options.concurrency,
    order: Flag.Literals("order", ["oldest", "newest"]).pipe(
      Flag.withDescription("Which cells come first, by time or else by the order of the keys (default oldest)"),
      Flag.withDefault("oldest" as const)
    ),
    batch: Options.wholeNumber("batch", "n", "Partitions in a call, for assets that take many at once", 1),
    name: Options.optionalText("name", "text", "A name for the list of backfills"),
    detach: part.detach,
    maxFailures: Options.optionalText("max-failures", "n|p%", "Stop after so many failed cells, or after this share of the planned ones"),
    ...Options.limits,
    nodeId: Options.nodeId,
    set: Options.set,
    json: Options.json
  },
  (input) => Options.lazily(load, (m) => m.backfill(input))
).pipe(
  Command.withDescription(
    "Compute and store many partitions, upstream first: any set of them, by date, by parameter and by state. It can be " +
      "paused, resumed, cancelled and retried from any terminal, and any number of processes and machines can join it. " +
      "An asset, group or pipeline that has the name of a command below is written key:show, group:show or pipeline:show."
  ),
  Command.withShortDescription("Materialize many partitions; pause, resume, retry"),
  Command.withSubcommands([show, pause, resume, cancel, retryFailed, join]),
  Command.withExamples([
    { command: "sluice backfill nhl --from 2023-10-01 --to 2024-06-30", description: "A season; what is fresh is left alone" },
    { command: "sluice backfill nhl/live_feed --param-file games.txt --max-failures 5%", description: "Games of a file" },
    { command: "sluice backfill nba/boxscore --where endpoint=traditional --param-list 0022300001 0022300002" },
    { command: "sluice backfill nhl --last 30d --dry-run", description: "How much it is, and how long it may take" },
    { command: "sluice backfill nhl --only failed --detach", description: "What failed once, in the background" }
  ])
)

export const backfills = Command.make(
  "backfills",
  { limit: Options.positive("limit", "n", "At most so many backfills", 20), json: Options.json },
  (input) => Options.lazily(() => import("../commands/backfills.ts"), (m) => m.backfills(input))
).pipe(
  Command.withDescription("List backfills, the newest first. One is lost when all its processes are gone and did not end it."),
  Command.withShortDescription("List backfills"),
  Command.withExamples([{ command: "sluice backfills --limit 5", description: "The last five" }])
)
