/** How automations stand, in memory. Nothing waits here, so that each method is at once what a transaction is. */
import { Clock, Effect } from "effect"
import type { AutomationStore } from "../../engine/record/AutomationStore.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import { leftOf } from "../BackfillProgress.ts"
import { unregistered } from "../Refusals.ts"
import * as Runs from "./Runs.ts"
import { executes, type HeldAsk, type HeldAutomation, isAlive, isLost, type State } from "./State.ts"

const unknown = (): HeldAutomation => ({ version: 0, running: true, state: undefined, asks: [] })

export const make = (state: State): AutomationStore["Service"] => {
  const { createRun } = Runs.make(state)
  const asked = (assets: ReadonlyArray<string>): ReadonlyArray<HeldAsk> =>
    assets.flatMap((asset) => state.automations.get(asset)?.asks ?? []).sort((left, right) => left.run - right.run)
  const runOf = ({ run }: HeldAsk) => state.runs[run - 1]!

  const record: AutomationStore["Service"]["record"] = Effect.fn("AutomationStore.record")(
    function*({ asks, asset, state: left, version, worker }) {
      const known = state.automations.get(asset) ?? unknown()
      if (known.version !== version || !known.running) return undefined
      if (asks.length > 0 && !state.workers.has(worker)) return yield* unregistered(worker)
      state.automations.set(asset, known)
      Object.assign(known, { version: version + 1, state: left })
      const at = yield* Clock.currentTimeMillis
      const runs: Array<number> = []
      for (const { cells, request } of asks) {
        const run = yield* createRun(request, worker)
        known.asks.push({ run, at, cells })
        runs.push(run)
      }
      return runs
    }
  )

  return {
    record,
    setRunning: (asset, running) =>
      Effect.sync(() => {
        const known = state.automations.get(asset) ?? unknown()
        state.automations.set(asset, known)
        if (known.running !== running || known.version === 0) Object.assign(known, { version: known.version + 1, running })
      }),
    attend: (worker) =>
      Effect.sync(() => {
        const known = state.workers.get(worker)
        if (known !== undefined) known.evaluates = true
      }),
    attending: Effect.map(Clock.currentTimeMillis, (now) =>
      Array.from(state.workers.values()).filter((worker) => worker.evaluates === true && isAlive(worker, now))
        .map(({ host, pid }) => `${host}:${pid}`).sort()),
    pulse: Effect.sync(() => {
      const changes = Array.from(state.logs.values()).reduce((sum, { changes }) => sum + changes.length, 0)
      const stopped = Array.from(state.automations.values()).filter(({ running }) => !running).length
      const keys = Array.from(state.keySets.values(), ({ keys }) => `${keys.size}-${Array.from(keys.values()).filter(({ byHand }) => byHand).length}`)
      return `${changes} ${state.lastVersion} ${state.runs.map((run) => run?.state).join()} ${stopped} ${keys.join()}`
    }),
    standings: (assets) =>
      Effect.map(Clock.currentTimeMillis, (now) => ({
        now,
        standings: new Map(assets.map((asset) => {
          const { running, state: left, version } = state.automations.get(asset) ?? unknown()
          const open = asked([asset]).filter((ask) => runOf(ask).state === "running").map(({ cells }) => cells)
          return [asset, { version, running, state: left, open }]
        }))
      })),
    claimed: (assets) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        assets.flatMap((asset) =>
          Array.from(state.cells.get(asset) ?? []).flatMap(([partition, { claimedBy }]) =>
            claimedBy !== undefined && isAlive(claimedBy, now) ? [{ asset, partition }] : []))),
    backfilled: (assets) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        state.runs.flatMap((run) =>
          run?.backfill === undefined || run.state !== "running" || isLost(run, now)
            ? []
            : leftOf(run.backfill.changes).filter(({ asset }) => assets.includes(asset)))),
    openRuns: (assets, worker) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        asked(assets).flatMap((ask) => {
          const run = runOf(ask)
          const own = executes(run, worker)
          return run.cancelRequested || !(own || isLost(run, now)) ? [] : [{ asset: ask.cells.asset, run: ask.run, own }]
        })),
    asks: (assets, { limit }) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        asked(assets).toReversed().slice(0, limit).map((ask) => ({
          asset: ask.cells.asset,
          run: ask.run,
          at: new Date(ask.at),
          cells: PartitionSet.size(ask.cells.cells),
          runState: isLost(runOf(ask), now) ? "lost" : runOf(ask).state
        })))
  }
}
