/** Options and arguments that several commands share, and how a command's work is loaded. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Option from "effect/Option"

export { lazily } from "../Lazily.ts"

/** The folder of the project, where it is not the working folder or one above. */
export const ProjectFolder = GlobalFlag.Setting("project")({
  flag: Flag.String("project").pipe(
    Flag.withAlias("p"),
    Flag.withMetavar("<folder>"),
    Flag.withDescription("The project's folder (default: the nearest main.ts upwards, or SLUICE_PROJECT)"),
    Flag.optional
  )
})

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(`<${metavar}>`), Flag.withDescription(description))

export const optionalText = (name: string, metavar: string, description: string) =>
  text(name, metavar, description).pipe(Flag.optional, Flag.map(Option.getOrUndefined))

export const positive = (name: string, metavar: string, description: string, fallback: number) =>
  Flag.Int(name).pipe(
    Flag.withMetavar(`<${metavar}>`),
    Flag.withDescription(`${description} (default ${fallback})`),
    Flag.withDefault(fallback),
    Flag.filter((n) => n >= 1, () => "a whole number from 1 on")
  )

/** A whole number from `least` on; undefined when it is not given. */
export const wholeNumber = (name: string, metavar: string, description: string, least: 0 | 1) =>
  Flag.Int(name).pipe(
    Flag.withMetavar(`<${metavar}>`),
    Flag.withDescription(description),
    Flag.filter((n) => n >= least, () => `a whole number from ${least} on`),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  )

/** May be given several times. */
export const texts = (name: string, metavar: string, description: string) =>
  text(name, metavar, description).pipe(Flag.atLeast(0))

export const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

export const json = yes("json", "Print JSON on standard output and nothing else there")

export const concurrency = positive("concurrency", "n", "Steps that run at once", 8).pipe(Flag.withAlias("c"))

export const set = texts("set", "NAME=VALUE", "A setting in place of the environment's, for this command")

/** Other rates than the declared ones, for this command. */
export const limits = {
  limit: texts("limit", "NAME=RATE", "Another rate of a rate limit: 5/s, 120/min, 1/0.3s; may be repeated"),
  rateLimit: Flag.Finite("rate-limit").pipe(
    Flag.withMetavar("<seconds>"),
    Flag.withDescription("Seconds between calls, of every rate limit that --limit does not name"),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  )
}

export const nodeId = optionalText("node-id", "name", "This machine's name in records (default: SLUICE_NODE_ID, else its host name)")

export const asset = Argument.String("asset").pipe(Argument.withDescription("The key of an asset, as `sluice list` shows it"))

const selected = Argument.String("selection").pipe(
  Argument.withDescription("Assets, groups or pipelines; \"+a\" with upstream, \"a+\" with downstream, tag:x, 'nhl/*', '*'")
)

/** Nothing means everything. */
export const selection = selected.pipe(Argument.variadic())

/** Nothing is too little. */
export const selectionOfSome = selected.pipe(Argument.variadic({ min: 1 }))

export const runId = Argument.Int("id").pipe(Argument.withDescription("The number of the run, as `sluice runs` shows it"))

export const backfillId = Argument.Int("id").pipe(Argument.withDescription("The number of the backfill, as `sluice backfills` shows it"))
