/** Collections of garbage, as lines of the log: each stops the process for as long as it takes. */
import { Effect, type Scope } from "effect"
import { constants, PerformanceObserver } from "node:perf_hooks"

const kinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: "of young garbage",
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "of all garbage",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "of a part",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "of weak references"
}

/** Until the scope ends. */
export const tell = (write: (line: string) => void): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          // Entries of garbage have it; the types know what all entries have.
          const detail: unknown = Reflect.get(entry, "detail")
          const kind = typeof detail === "object" && detail !== null && "kind" in detail ? Number(detail.kind) : -1
          write(`Collection ${kinds[kind] ?? "of garbage"}: ${entry.duration.toFixed(1)} ms`)
        }
      })
      observer.observe({ entryTypes: ["gc"] })
      return observer
    }),
    (observer) => Effect.sync(() => observer.disconnect())
  ).pipe(Effect.asVoid)
