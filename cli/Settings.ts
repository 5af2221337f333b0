/** What is set for one command: environment variables by `--set`, and the name of this machine by `--node-id`. */
import { ConfigProvider, Effect, Redacted, Result } from "effect"
import { hostname } from "node:os"
import * as Overrides from "../engine/limit/Overrides.ts"
import * as Lease from "../engine/run/Lease.ts"
import { Refusal } from "./Refusal.ts"
import { printable } from "./terminal/Text.ts"

/**
 * Puts the settings of `--set`, `--limit` and `--rate-limit` in place of the environment's; gives their names. Before
 * main.ts reads any.
 */
export const apply = ({ set, ...limits }: LimitOptions & { readonly set: ReadonlyArray<string> }) =>
  Effect.zipWith(applySet(set), Effect.suspend(() => applyLimits(limits)), (names, more) => [...names, ...more])

const applySet = (settings: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>, Refusal> =>
  Effect.forEach(settings, (setting) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(setting) ?? []
    if (name === undefined || value === undefined) {
      // What stands behind the "=" may be a secret.
      const equals = setting.indexOf("=")
      const message = equals < 0
        ? `"--set ${setting}" is not of the form NAME=VALUE.`
        : `"--set ${setting.slice(0, equals)}=…" has no valid name: it is of letters, digits and _, and begins with no digit.`
      return Effect.fail(new Refusal({ message }))
    }
    return Effect.sync(() => {
      process.env[name] = value
      return name
    })
  })

/** `--limit` and `--rate-limit`, as a command has them. */
export interface LimitOptions {
  /** `NAME=RATE` each. */
  readonly limit: ReadonlyArray<string>
  /** Seconds between calls, of every limit that is not named. */
  readonly rateLimit: number | undefined
}

const refused = (message: string) => new Refusal({ message })

/**
 * Puts other rates in place of those of SLUICE_LIMITS, in the environment: what this process starts in the background
 * reads them too. Gives the name of the setting where there are any.
 */
export const applyLimits = Effect.fn("Settings.applyLimits")(function*({ limit, rateLimit }: LimitOptions) {
  const before = yield* Effect.fromResult(Result.mapError(
    Overrides.parse(process.env[Overrides.setting] ?? ""),
    (why) => refused(`${Overrides.setting}: ${why}`)
  ))
  const given = yield* Effect.forEach(limit, (one) =>
    Effect.fromResult(Result.mapError(Overrides.parseOne(one), (why) => refused(`--limit: ${why}`))))
  const overrides = new Map([...before, ...given])
  if (rateLimit !== undefined) {
    const seconds = Overrides.ofSeconds(rateLimit)
    if (Result.isFailure(seconds)) return yield* refused(`"${rateLimit}" of --rate-limit ${seconds.failure}.`)
    // It is for every limit of the run, but for those that are named beside it.
    for (const name of before.keys()) if (!given.some(([other]) => other === name)) overrides.delete(name)
    overrides.set(Overrides.every, seconds.success)
  }
  if (given.length === 0 && rateLimit === undefined) return []
  process.env[Overrides.setting] = Overrides.format(overrides)
  return [Overrides.setting]
})

/**
 * Runs the effect with settings in place of the environment's: what is built in it (the database, resources), and the
 * processes it starts, read these. Secrets are given as `Redacted`. Put back at its end, so not for two effects at once.
 */
export const withSettings = (settings: Readonly<Record<string, string | Redacted.Redacted<string> | undefined>>) =>
<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const before = new Map<string, string | undefined>()
      for (const [name, value] of Object.entries(settings)) {
        if (value === undefined) continue
        before.set(name, process.env[name])
        process.env[name] = typeof value === "string" ? value : Redacted.value(value)
      }
      return before
    }),
    // The environment is looked at once by each provider.
    () => Effect.suspend(() => Effect.provideService(effect, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv())),
    (before) =>
      Effect.sync(() => {
        for (const [name, value] of before) {
          if (value === undefined) delete process.env[name]
          else process.env[name] = value
        }
      })
  )

const mostOfName = 100

/** Runs the effect as the machine of this name; undefined: SLUICE_NODE_ID, else the host name. */
export const asNode = (given: string | undefined) =>
<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Refusal, R> =>
  Effect.suspend((): Effect.Effect<A, E | Refusal, R> => {
    const variable = process.env["SLUICE_NODE_ID"] ?? ""
    const [name, by] = given !== undefined ? [given, "--node-id"] : variable !== "" ? [variable, "SLUICE_NODE_ID"] : [hostname(), ""]
    // oxlint-disable-next-line no-control-regex
    if (by !== "" && (name.length > mostOfName || !/^[^\u0000-\u001f\u007f\s]+$/.test(name))) {
      const message = `"${printable(name)}" of ${by} is no name of a machine: write up to ${mostOfName} characters without blanks.`
      return Effect.fail(new Refusal({ message }))
    }
    return Effect.provideService(effect, Lease.Node, name)
  })
