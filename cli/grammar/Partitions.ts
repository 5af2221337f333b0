/** The commands on partition keys. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Options from "./Options.ts"

const set = Argument.String("set").pipe(Argument.withDescription("The name of a dynamic set of partitions"))
const keys = Argument.String("key").pipe(
  Argument.withDescription("Partition keys"),
  Argument.variadic({ min: 1 })
)

const add = Command.make(
  "add",
  { set, keys },
  (input) => Options.lazily(() => import("../commands/partitions.ts"), (m) => m.add(input))
).pipe(
  Command.withDescription("Add keys to a dynamic set; those it has already stay as they are."),
  Command.withShortDescription("Add keys to a dynamic set"),
  Command.withExamples([{ command: "sluice partitions add salad/city Oslo Bergen" }])
)

const remove = Command.make(
  "remove",
  { set, keys },
  (input) => Options.lazily(() => import("../commands/partitions.ts"), (m) => m.remove(input))
).pipe(
  Command.withDescription("Remove keys from a dynamic set. Their history stays; added again, they have it again."),
  Command.withShortDescription("Remove keys from a dynamic set"),
  Command.withExamples([{ command: "sluice partitions remove salad/city Bergen" }])
)

export const partitions = Command.make(
  "partitions",
  {
    asset: Options.asset,
    state: Flag.Literals("state", ["fresh", "stale", "failed", "missing"]).pipe(
      Flag.withDescription("Only cells in this state"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    ),
    limit: Options.positive("limit", "n", "At most so many", 50),
    keys: Options.yes("keys", "Only the keys, one a line, without a limit: for --partition-set -"),
    json: Options.json
  },
  (input) => Options.lazily(() => import("../commands/partitions.ts"), (m) => m.partitions(input))
).pipe(
  Command.withDescription("List the partitions of an asset with their states, the newest time windows first."),
  Command.withShortDescription("List partitions; add and remove keys"),
  Command.withSubcommands([add, remove]),
  Command.withExamples([
    { command: "sluice partitions nhl/games --state failed", description: "Those that failed" },
    {
      command: "sluice partitions nhl/games --state failed --keys | sluice materialize nhl/games --partition-set -",
      description: "Try just these again"
    }
  ])
)
