/** A process in the background that takes part in a backfill, and outlives the terminal it was started from. */
import { Effect, Schedule } from "effect"
import { spawn } from "node:child_process"
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { BackfillStore } from "../../engine/record/BackfillStore.ts"
import * as Lease from "../../engine/run/Lease.ts"
import type { Project } from "../Project.ts"
import { Refusal } from "../Refusal.ts"

const launcher = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url))

const lookEvery = "50 millis"
/** The process loads the project, reaches the database and builds the resources within this. */
const joinsWithin = "60 seconds"

export interface Detached {
  readonly pid: number
  /** Its output: progress lines, notes and errors. */
  readonly log: string
}

export interface Options {
  /** Steps that it runs at once; undefined: as the backfill was started. */
  readonly concurrency?: number | undefined
  /** It goes on with a backfill that has ended. Default false. */
  readonly reopens?: boolean
}

/** The log as people find it from the project's folder. */
export const logOf = (id: number): string => path.join(".sluice", "logs", `backfill-${id}.log`)

/**
 * Starts the process and waits until it takes part. Settings of `--set` are in this process's environment, and so in
 * that one's. Fails with the last line it wrote when it ends before it takes part.
 */
export const start = Effect.fn("Detached.start")(function*(project: Project, id: number, options: Options) {
  const backfills = yield* BackfillStore
  const node = yield* Lease.Node
  const log = logOf(id)
  const file = path.join(project.folder, log)
  const { concurrency, reopens = false } = options
  const args = [
    "backfill", "join", String(id),
    ...(reopens ? ["--reopen"] : []),
    ...(concurrency === undefined ? [] : ["--concurrency", String(concurrency)])
  ]
  const child = yield* Effect.try({
    try: () => {
      mkdirSync(path.dirname(file), { recursive: true })
      const descriptor = openSync(file, "a")
      const started = spawn(process.execPath, [launcher, ...args], {
        cwd: project.folder,
        env: { ...process.env, SLUICE_PROJECT: project.folder, SLUICE_NODE_ID: node, NO_COLOR: "1" },
        detached: true,
        stdio: ["ignore", descriptor, descriptor]
      })
      closeSync(descriptor)
      // An error of the start is told by the missing pid.
      started.on("error", () => undefined)
      started.unref()
      return started
    },
    catch: (cause) => {
      const why = cause instanceof Error ? cause.message : String(cause)
      return new Refusal({ message: `A process in the background cannot be started with its log at ${file}: ${why}.`, cause })
    }
  })
  const { pid } = child
  if (pid === undefined) {
    return yield* new Refusal({ message: `A process in the background cannot be started from ${process.execPath}.` })
  }
  // Asked before the store: what ends afterwards has been seen there.
  const look = Effect.suspend(() => {
    const hasEnded = child.exitCode !== null || child.signalCode !== null
    return Effect.map(backfills.backfill(id), ({ participants }) => ({
      hasEnded,
      hasJoined: participants.some((one) => one.pid === pid && one.host === node)
    }))
  })
  const { hasJoined } = yield* Effect.repeat(look, {
    until: ({ hasEnded, hasJoined }) => hasEnded || hasJoined,
    schedule: Schedule.spaced(lookEvery)
  }).pipe(Effect.timeoutOrElse({ duration: joinsWithin, orElse: () => Effect.succeed({ hasEnded: false, hasJoined: false }) }))
  if (!hasJoined) {
    const said = readFileSync(file, "utf8").trim().split("\n").at(-1)?.replace(/^error: /, "") ?? ""
    const resume = `\`sluice backfill resume ${id}\` goes on`
    const message = `The process in the background takes no part in backfill ${id}${said === "" ? "" : `: ${said}`} ` +
      `(its log is ${log}${said.includes(resume) ? "" : `; ${resume}`}.)`
    return yield* new Refusal({ message })
  }
  const detached: Detached = { pid, log }
  return detached
})
