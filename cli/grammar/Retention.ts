/** The command that forgets old runs. */
import * as Command from "effect/cli/Command"
import * as Options from "./Options.ts"

export const prune = Command.make(
  "prune",
  {
    olderThan: Options.optionalText("older-than", "span", "Runs that ended longer ago are forgotten: 36h, 90d or 12w (default: the deployment's `retention`)"),
    dryRun: Options.yes("dry-run", "Only say what would be removed"),
    json: Options.json
  },
  (input) => Options.lazily(() => import("../commands/prune.ts"), (m) => m.prune(input))
).pipe(
  Command.withDescription(
    "Remove what is recorded of old runs that have ended: steps, attempts, events, checks, calls, ticks and keys. The data, the " +
      "state of every cell and how it was last materialized stay, and so do runs that are not ended."
  ),
  Command.withShortDescription("Remove records of old runs"),
  Command.withExamples([
    { command: "sluice prune --older-than 90d --dry-run", description: "How much it would be" },
    { command: "sluice prune --older-than 90d" }
  ])
)
