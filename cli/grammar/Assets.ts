/** The commands that look at assets. */
import * as Command from "effect/cli/Command"
import * as Options from "./Options.ts"

export const list = Command.make(
  "list",
  { selection: Options.selection, json: Options.json },
  (input) => Options.lazily(() => import("../commands/list.ts"), (m) => m.list(input))
).pipe(
  Command.withDescription("List assets with what is stored of them: fresh, stale, failed and missing cells."),
  Command.withShortDescription("List assets and their state"),
  Command.withExamples([
    { command: "sluice list", description: "All assets, by group" },
    { command: "sluice list nhl/game_stats+", description: "An asset and everything downstream of it" },
    { command: "sluice list tag:daily --json", description: "As JSON" }
  ])
)

export const show = Command.make(
  "show",
  { asset: Options.asset },
  (input) => Options.lazily(() => import("../commands/show.ts"), (m) => m.show(input))
).pipe(
  Command.withDescription("Show the definition of an asset, its state and its last materializations."),
  Command.withShortDescription("Show one asset"),
  Command.withExamples([{ command: "sluice show nhl/game_stats", description: "What it is, reads, stores and checks" }])
)

export const status = Command.make(
  "status",
  {
    selection: Options.selectionOfSome,
    by: Options.optionalText("by", "dimension", "A row for each key of this dimension; for one asset"),
    exact: Options.yes("exact", "Tell cells whose upstream has newer data from fresh ones where that takes long, too"),
    json: Options.json
  },
  (input) => Options.lazily(() => import("../commands/status.ts"), (m) => m.status(input))
).pipe(
  Command.withDescription(
    "Show how much of an asset is fresh, stale, failed and missing: days as a calendar, the keys of a dimension as rows. " +
      "Of several assets, or a pipeline: a line and a bar each."
  ),
  Command.withShortDescription("Show the state of assets as a picture"),
  Command.withExamples([
    { command: "sluice status nhl/games", description: "A calendar" },
    { command: "sluice status nba/boxscore --by endpoint", description: "A row for each endpoint" },
    { command: "sluice status nhl", description: "All assets of a pipeline or group" }
  ])
)

export const preview = Command.make(
  "preview",
  {
    asset: Options.asset,
    partition: Options.optionalText("partition", "key", "The key of one partition, as `sluice partitions` shows it"),
    limit: Options.positive("limit", "n", "At most so many rows or documents", 10),
    json: Options.json
  },
  (input) => Options.lazily(() => import("../commands/preview.ts"), (m) => m.preview(input))
).pipe(
  Command.withDescription("Print stored rows as a table, or stored documents as JSON. With --json: one row a line."),
  Command.withShortDescription("Print stored rows or documents"),
  Command.withExamples([
    { command: "sluice preview nhl/top_scorers", description: "The first 10 rows" },
    { command: "sluice preview nhl/games --partition 2023-03-08 --limit 50", description: "Rows of one partition" }
  ])
)

export const explain = Command.make(
  "explain",
  { asset: Options.asset },
  (input) => Options.lazily(() => import("../commands/explain.ts"), (m) => m.explain(input))
).pipe(
  Command.withDescription(
    "Say whether a cell is fresh, stale, failed or missing, and why: which versions of its upstream it has read, and " +
      "which there are now. ASSET@PARTITION is one cell; an asset alone sums up its cells."
  ),
  Command.withShortDescription("Say why a cell is stale"),
  Command.withExamples([
    { command: "sluice explain nhl/games@2023-03-08", description: "One cell" },
    { command: "sluice explain nhl/game_stats", description: "Counts by reason, with examples" }
  ])
)

export const check = Command.make(
  "check",
  { selection: Options.selection, json: Options.json },
  (input) => Options.lazily(() => import("../commands/check.ts"), (m) => m.check(input))
).pipe(
  Command.withDescription(
    "Validate the definitions and run the checks on what is stored. Exit code 1 when one of severity error fails."
  ),
  Command.withShortDescription("Run the checks on stored data"),
  Command.withExamples([
    { command: "sluice check", description: "All checks" },
    { command: "sluice check nhl", description: "Those of one pipeline or group" }
  ])
)

export const freshness = Command.make(
  "freshness",
  { selection: Options.selection, json: Options.json },
  (input) => Options.lazily(() => import("../commands/freshness.ts"), (m) => m.freshness(input))
).pipe(
  Command.withDescription(
    "Tell how old assets are that say how old they may be. Exit code 1 when one of them is older."
  ),
  Command.withShortDescription("Tell assets that are too old"),
  Command.withExamples([
    { command: "sluice freshness", description: "All that say how old they may be" },
    { command: "sluice freshness nhl --json", description: "Those of one pipeline, for a monitor" }
  ])
)
