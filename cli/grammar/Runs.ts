/** The commands that start runs and look at them. */
import * as Command from "effect/cli/Command"
import * as Options from "./Options.ts"

export const materialize = Command.make(
  "materialize",
  {
    selection: Options.selectionOfSome,
    partition: Options.optionalText("partition", "key", "A partition; what --partitions takes is understood here too"),
    partitions: Options.optionalText("partitions", "A..B", "Partitions: a range, a list \"a,b\", \"latest\" or \"*\""),
    partitionSet: Options.optionalText("partition-set", "file", "A file of partition keys, one a line; - is standard input"),
    force: Options.yes("force", "Materialize fresh cells too"),
    dryRun: Options.yes("dry-run", "Print the plan and change nothing"),
    concurrency: Options.concurrency,
    ...Options.limits,
    nodeId: Options.nodeId,
    set: Options.set,
    json: Options.json
  },
  (input) => Options.lazily(() => import("../commands/materialize.ts"), (m) => m.materialize(input))
).pipe(
  Command.withAlias("m"),
  Command.withDescription(
    "Compute and store what is missing, stale or failed of the selected assets, upstream first. Ctrl-C ends the run " +
      "cleanly; `sluice run resume` goes on with it. Exit code 1 when a step or a check failed."
  ),
  Command.withShortDescription("Compute and store assets"),
  Command.withExamples([
    { command: "sluice materialize nhl", description: "All that is not fresh of a pipeline or group" },
    { command: "sluice materialize +nhl/top_scorers", description: "An asset with its upstream" },
    { command: "sluice materialize nhl --partitions 2023-03-01..2023-03-31", description: "One month" },
    { command: "sluice materialize nhl --dry-run", description: "What would be done, and why" },
    { command: "sluice materialize nhl --set NHL_SOURCE=./recordings", description: "With another setting" }
  ])
)

export const runs = Command.make(
  "runs",
  { limit: Options.positive("limit", "n", "At most so many runs", 20), json: Options.json },
  (input) => Options.lazily(() => import("../commands/runs.ts"), (m) => m.runs(input))
).pipe(
  Command.withDescription("List runs, the newest first. A run is lost when its process is gone and did not end it."),
  Command.withShortDescription("List runs"),
  Command.withExamples([{ command: "sluice runs --limit 5", description: "The last five" }])
)

export const limits = Command.make(
  "limits",
  { json: Options.json },
  (input) => Options.lazily(() => import("../commands/limits.ts"), (m) => m.limits(input))
).pipe(
  Command.withDescription(
    "List the rate limits that are shared through the database: the rate now, the calls that count in the present " +
      "window, and what waits. Limits of the scope \"process\" are not shared and not listed."
  ),
  Command.withShortDescription("List rate limits and their use"),
  Command.withExamples([{ command: "sluice limits" }])
)

const showRun = Command.make(
  "show",
  { id: Options.runId, json: Options.json },
  (input) => Options.lazily(() => import("../commands/run.ts"), (m) => m.show(input))
).pipe(
  Command.withDescription("Show a run: its steps with times, what failed and why, what was skipped, checks and events."),
  Command.withShortDescription("Show a run"),
  Command.withExamples([{ command: "sluice run show 3" }])
)

const resume = Command.make(
  "resume",
  { id: Options.runId, ...Options.limits, nodeId: Options.nodeId, set: Options.set, json: Options.json },
  (input) => Options.lazily(() => import("../commands/materialize.ts"), (m) => m.resume(input))
).pipe(
  Command.withDescription("Go on with a run that was interrupted, lost or failed. What it has finished is not done again."),
  Command.withShortDescription("Go on with a run"),
  Command.withExamples([{ command: "sluice run resume 3" }])
)

const cancel = Command.make(
  "cancel",
  { id: Options.runId },
  (input) => Options.lazily(() => import("../commands/run.ts"), (m) => m.cancel(input))
).pipe(
  Command.withDescription("End a run that another process executes: no new step starts, running ones are interrupted."),
  Command.withShortDescription("End a run of another process"),
  Command.withExamples([{ command: "sluice run cancel 3" }])
)

export const run = Command.make("run").pipe(
  Command.withDescription("Show, resume or cancel one run."),
  Command.withShortDescription("Show, resume, cancel a run"),
  Command.withSubcommands([showRun, resume, cancel]),
  Command.withExamples([
    { command: "sluice run show 3", description: "What became of each step" },
    { command: "sluice run resume 3", description: "Go on after Ctrl-C, a crash or failures" }
  ])
)
