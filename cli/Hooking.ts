/** A command tells hooks of the runs and checks that it has executed: where they are started by cron, no daemon is up. */
import { type Context, Effect, Exit } from "effect"
import * as Ages from "../engine/daemon/Ages.ts"
import { lostAfterMillis, rememberedMillis } from "../engine/daemon/Hooks.ts"
import * as Telling from "../engine/hook/Telling.ts"
import { HookStore } from "../engine/record/HookStore.ts"
import type { RunStore } from "../engine/record/RunStore.ts"
import * as Lease from "../engine/run/Lease.ts"
import type { AnyHook, Provided } from "./Deployment.ts"
import * as Hooks from "./Hooks.ts"
import type { Project } from "./Project.ts"
import { type Refusal, withoutSecrets } from "./Refusal.ts"
import * as Screen from "./terminal/Screen.ts"
import * as Text from "./terminal/Text.ts"

/** The command waits so long for receivers at most; what is left goes to the next command, or to a daemon. */
const patience = "30 seconds"
const longestWaitMillis = 10_000

/** Runs the effect, which executes a run or checks, and then tells the project's hooks; however that goes, the effect ends as it did. */
export const afterwards = (project: Project) => <A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<A, E | Refusal, R> =>
  Effect.gen(function*() {
    const hooks = [...(yield* Hooks.all(project)).values()]
    if (hooks.length === 0) return yield* run
    // Runs are executed inside Live.store alone, which gives these; their types would go through all commands of projects.
    const context = (yield* Effect.context<never>()) as Context.Context<HookStore | RunStore | Provided>
    const inside = <B, X>(effect: Effect.Effect<B, X, HookStore | RunStore | Provided>) => Effect.ignore(Effect.provideContext(effect, context))
    // Before the run: a new hook is told of what happens after it is known.
    yield* inside(Effect.flatMap(HookStore, (store) => store.announce(hooks.map(({ name }) => name))))
    const exit = yield* Effect.exit(run)
    if (!Exit.hasInterrupts(exit)) yield* inside(tell(hooks, project.graph))
    return yield* exit
  })

/** Tells what is to be told, and waits for receivers for a while; what they do wrong is said. */
export const tell = (hooks: ReadonlyArray<AnyHook>, graph: Project["graph"]) =>
  Effect.scoped(Effect.gen(function*() {
    const store = yield* HookStore
    const { worker } = yield* Lease.acquire
    yield* Effect.andThen(store.noteLost(lostAfterMillis), store.forget(rememberedMillis))
    const aged = Ages.watched(graph, hooks)
    if (aged.length > 0) yield* Ages.note(graph, aged)
    yield* Effect.forEach(hooks, (hook) => {
      const seen: Telling.Seen = new Map()
      const told = noting()
      return Effect.gen(function*() {
        for (;;) {
          const millis = yield* Telling.look({ graph, hook, seen, worker, told })
          if (millis > longestWaitMillis) return
          yield* Effect.sleep(millis)
        }
      })
    }, { concurrency: "unbounded", discard: true })
  })).pipe(Effect.timeoutOption(patience))

/** The first failure is said, and what becomes of it. */
const noting = () => {
  let failing = false
  return (told: Telling.Told): void => {
    if (told._tag === "Told") {
      if (failing) Screen.note(`The hook ${told.hook} has told it now.`)
      failing = false
      return
    }
    const why = withoutSecrets(Text.printable(Text.oneLine(told.reason)))
    if (told._tag === "GaveUp") Screen.note(`The hook ${told.hook} cannot tell "${told.title}": ${why}`)
    else if (!failing) {
      failing = true
      Screen.note(`The hook ${told.hook} could not tell "${told.title}" and tries again, here for some seconds, then in the next run or daemon: ${why}`)
    }
  }
}
