/** How a daemon is: kept by what it tells, and answered over HTTP on this machine, for whoever watches over processes. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { SqlClient } from "effect/sql"
import { createServer } from "node:http"
import type { Looked, Observation, Part } from "../../engine/daemon/Observation.ts"
import { messageOf, Refusal } from "../Refusal.ts"

export interface Health {
  readonly state: "starting" | "up" | "stopping"
  /** Since when this process is, and its number. */
  readonly startedAt: Date
  readonly pid: number
  /** The last tick that started a run here, and how late it was; null: none yet. */
  readonly lastTick: { readonly schedule: string; readonly due: Date; readonly run: number; readonly lagMillis: number } | null
  /** Runs that this daemon executes, or that wait here for a place. */
  readonly runs: ReadonlyArray<number>
  /** So many of them wait. */
  readonly queue: number
  /** When each part looked last for something to do. */
  readonly looked: { readonly [P in Part]?: Date }
  /** Parts that should have looked again long ago. */
  readonly stuck: ReadonlyArray<Part>
}

export interface Watch {
  readonly observe: (observation: Observation) => void
  readonly looked: Looked
  readonly now: () => Health
}

/** A look may take long, on a large graph or a slow database; one that takes longer than this does not end any more. */
const stuckAfterMillis = 60_000

interface Look {
  readonly at: Date
  /** By the clock that never leaps, as `againBy`. */
  readonly againBy: number
}

/** Follows what one daemon tells that executes at most so many runs at once. */
export const watch = (most: number, monotonicMillis: () => number = () => performance.now()): Watch => {
  const startedAt = new Date()
  const looks = new Map<Part, Look>()
  const looked: Looked = (part, againMillis) => void looks.set(part, { at: new Date(), againBy: monotonicMillis() + againMillis })
  const runs = new Set<number>()
  let state: Health["state"] = "starting"
  let lastTick: Health["lastTick"] = null
  const observe = (observation: Observation): void => {
    switch (observation._tag) {
      case "Up":
        state = "up"
        looked("schedules", 0)
        if (observation.sensors > 0) looked("sensors", 0)
        if (observation.automations > 0) looked("automation", 0)
        break
      case "Stopping":
        state = "stopping"
        break
      case "Started": {
        const { due, lagMillis, run, schedule } = observation
        lastTick = { schedule, due: new Date(due), run, lagMillis: Math.round(lagMillis) }
        runs.add(run)
        break
      }
      case "Ended":
      case "Broken":
        runs.delete(observation.run)
        break
      default:
        // However a run came to be here.
        if ("run" in observation) runs.add(observation.run)
    }
  }
  const now = (): Health => ({
    state,
    startedAt,
    pid: process.pid,
    lastTick,
    runs: [...runs],
    queue: Math.max(0, runs.size - most),
    looked: Object.fromEntries(Array.from(looks, ([part, { at }]) => [part, at])),
    // One that stops looks no more.
    stuck: state === "up" ? Array.from(looks).flatMap(([part, { againBy }]) => monotonicMillis() > againBy + stuckAfterMillis ? [part] : []) : []
  })
  return { observe, looked, now }
}

/** A database that does not answer for so long counts as away. */
const answersWithin = "2 seconds"

const databaseAnswers = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`select 1`
  return true
}).pipe(Effect.timeout(answersWithin), Effect.orElseSucceed(() => false))

const answer = (watch: Watch) =>
  Effect.map(databaseAnswers, (database) => {
    const health = watch.now()
    const isWell = database && health.state !== "starting" && health.stuck.length === 0
    return HttpServerResponse.jsonUnsafe(
      { ok: isWell, database: database ? "ok" : "away", ...health },
      { status: isWell ? 200 : 503, headers: { "cache-control": "no-store" } }
    )
  })

/** Answers `GET /health` on the port at 127.0.0.1: with 200, or with 503 while the database is away, a part is stuck or the daemon starts. */
export const layer = (port: number, watch: Watch): Layer.Layer<never, Refusal, SqlClient.SqlClient> =>
  HttpRouter.serve(HttpRouter.add("GET", "/health", answer(watch)), { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provide(NodeHttpServer.layer(() => createServer({ keepAlive: false }), {
      host: "127.0.0.1",
      port,
      gracefulShutdownTimeout: "100 millis"
    })),
    Layer.catch(({ cause }) =>
      Layer.effectContext(Effect.fail(
        new Refusal({ message: `The health of the daemon cannot be told at 127.0.0.1:${port}: ${messageOf(cause)}; give --health-port another port.`, cause })
      ))
    )
  )
