/** The words of the command line. Light: what commands do is loaded when one is run. */
import type { Environment } from "effect/cli/Command"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Assets from "./grammar/Assets.ts"
import * as Automations from "./grammar/Automations.ts"
import * as Backfills from "./grammar/Backfills.ts"
import * as Database from "./grammar/Database.ts"
import * as Hooks from "./grammar/Hooks.ts"
import { ProjectFolder } from "./grammar/Options.ts"
import * as Partitions from "./grammar/Partitions.ts"
import * as Retention from "./grammar/Retention.ts"
import * as Runs from "./grammar/Runs.ts"
import * as Schedules from "./grammar/Schedules.ts"
import * as Sensors from "./grammar/Sensors.ts"
import { line } from "./terminal/Screen.ts"

/** All but the wizard, which this command line is small enough to do without. */
export const builtIns = [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions, GlobalFlag.LogLevel] as const

const versionCommand = (version: string) =>
  Command.make("version", {}, () => Effect.sync(() => line(`sluice ${version}`))).pipe(
    Command.withDescription("Print the version."),
    Command.withShortDescription("Print the version"),
    Command.withExamples([{ command: "sluice version" }])
  )

const groups = (version: string) =>
  [
    { group: "Assets", commands: [Assets.list, Assets.show, Assets.status, Assets.preview, Assets.explain, Assets.freshness, Assets.check, Partitions.partitions] },
    { group: "Runs", commands: [Runs.materialize, Backfills.backfill, Backfills.backfills, Runs.runs, Runs.run, Runs.limits] },
    { group: "Schedules and sensors", commands: [Schedules.schedules, Schedules.schedule, Schedules.ticks, Sensors.sensors, Sensors.sensor, Automations.automation, Hooks.hooks, Hooks.hook, Schedules.daemon] },
    { group: "Project", commands: [Database.db, Retention.prune, versionCommand(version)] }
  ] as const

/** The names of the built-in commands, short ones included. */
export const names: ReadonlySet<string> = new Set(
  groups("").flatMap(({ commands }) =>
    commands.flatMap(({ alias, name }): ReadonlyArray<string> => alias === undefined ? [name] : [name, alias])
  )
)

/** A command of the project's own that has all it needs. */
export type OwnCommand = Command.Command<string, unknown, {}, unknown, Environment>

/** The built-in commands, and those of the project. */
export const make = (version: string, own: ReadonlyArray<OwnCommand> = []) =>
  Command.make("sluice").pipe(
    Command.withDescription("Data pipelines as typed assets: planned, run, resumed and stored in Postgres."),
    Command.withSubcommands([
      ...groups(version),
      ...(own.length === 0 ? [] : [{ group: "This project's own", commands: own }])
    ]),
    Command.withGlobalFlags([ProjectFolder]),
    Command.withExamples([
      { command: "sluice list", description: "What there is, and its state" },
      { command: "sluice materialize nhl", description: "Compute and store what is missing or stale" },
      { command: "sluice backfill nhl --from 2023-10-01 --dry-run", description: "What a season would take" },
      { command: "sluice explain nhl/top_scorers", description: "Why it is stale" },
      { command: "sluice run resume 3", description: "Go on after an interruption" }
    ])
  )
