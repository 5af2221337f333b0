/** `sluice daemon`: starts the runs of schedules and sensors and executes them, until a signal. */
import { Effect, Layer } from "effect"
import * as Daemon from "../../engine/daemon/Daemon.ts"
import type { Watcher } from "../../engine/daemon/Observation.ts"
import * as Log from "../daemon/Log.ts"
import * as PidFile from "../daemon/PidFile.ts"
import * as Share from "../daemon/Share.ts"
import * as Interruption from "../Interruption.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { exitCodes, Unfinished } from "../Refusal.ts"
import * as Schedules from "../Schedules.ts"
import * as Sensors from "../Sensors.ts"
import * as Settings from "../Settings.ts"
import * as Strays from "../Strays.ts"

export const daemon = Effect.fn("cli.daemon")(function*(input: Settings.LimitOptions & Log.Options & {
  readonly grace: number
  readonly runs: number
  readonly only: ReadonlyArray<string>
  readonly nodeId: string | undefined
  readonly set: ReadonlyArray<string>
  readonly healthPort: number | undefined
  readonly pidFile: string | undefined
}) {
  yield* Settings.apply(input)
  const project = yield* Project.load
  const share = yield* Share.of(project, input.only)
  yield* Schedules.fit(project, share.schedules)
  const { retentionMillis } = project.deployment
  const retention = retentionMillis === undefined ? undefined : { olderThanMillis: retentionMillis, keys: Sensors.keptKeys(project) }
  const left = yield* Effect.scoped(Effect.gen(function*() {
    if (input.pidFile !== undefined) yield* PidFile.hold(input.pidFile)
    const log = yield* Log.open(input)
    const health = input.healthPort === undefined ? undefined : yield* healthAt(input.healthPort, input.runs)
    const watcher = health === undefined ? log.watcher : both(log.watcher, health.observe)
    const work = Interruption.heard("Stopping: running steps are finished. Ctrl-C again stops at once.", (stop) =>
      Daemon.run(project.graph, share.schedules, {
        ...share, stop, graceMillis: input.grace * 1000, runs: input.runs, retention, watcher,
        ...(health === undefined ? {} : { looked: health.looked })
      })).pipe(Effect.provide(log.layer))
    return yield* Strays.heardBy(log.stray, work)
  })).pipe(
    Effect.provide(Live.everything(project)),
    Effect.provide(Live.store(project, Live.runConnections)),
    Settings.asNode(input.nodeId)
  )
  // It has told them and lived on: its exit code says whether something is left.
  Strays.forgive()
  if (left.length > 0) return yield* new Unfinished({ exitCode: exitCodes.interrupted })
})

/** Serves how the daemon is, as long as the scope is open. Loaded where it is wanted. */
const healthAt = Effect.fnUntraced(function*(port: number, runs: number) {
  const Health = yield* Effect.promise(() => import("../daemon/Health.ts"))
  const watch = Health.watch(runs)
  yield* Layer.build(Health.layer(port, watch))
  return watch
})

const both = (first: Watcher, second: Watcher): Watcher => (observation) => {
  first(observation)
  second(observation)
}
