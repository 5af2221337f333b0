/** A run store that notes how long at least one of its calls was under way. */
import { Effect } from "effect"
import { RunStore } from "sluice"

export const timed = Effect.gen(function*() {
  const store = yield* RunStore.RunStore
  let under = 0
  let since = 0
  let busy = 0
  const noting = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      if (under++ === 0) since = performance.now()
      return Effect.ensuring(effect, Effect.sync(() => {
        if (--under === 0) busy += performance.now() - since
      }))
    })
  return {
    busyMillis: () => busy,
    store: RunStore.RunStore.of({
      ...store,
      claim: (run, worker, cells) => noting(store.claim(run, worker, cells)),
      commit: (commit) => noting(store.commit(commit)),
      endSteps: (run, worker, steps, gather) => noting(store.endSteps(run, worker, steps, gather)),
      recordEvents: (run, events) => noting(store.recordEvents(run, events)),
      cells: (wanted) => noting(store.cells(wanted)),
      cellSets: (assets) => noting(store.cellSets(assets)),
      dynamicKeys: (sets) => noting(store.dynamicKeys(sets))
    })
  }
})
