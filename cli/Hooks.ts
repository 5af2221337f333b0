/** The hooks of a project, by name. */
import { Effect, Result } from "effect"
import * as Telling from "../engine/hook/Telling.ts"
import { didYouMean } from "../engine/Suggestion.ts"
import type { AnyHook } from "./Deployment.ts"
import type { Project } from "./Project.ts"
import { Refusal } from "./Refusal.ts"

const refuse = (message: string) => Effect.fail(new Refusal({ message }))

/** All of them, by name. */
export const all = Effect.fnUntraced(function*({ deployment, graph }: Project) {
  const found = new Map<string, AnyHook>()
  for (const hook of deployment.hooks) {
    if (found.has(hook.name)) return yield* refuse(`Two hooks are named "${hook.name}": give one another name.`)
    const about = Telling.aboutOf(graph, hook)
    if (Result.isFailure(about)) return yield* refuse(`The hook ${hook.name} is of what there is not: ${about.failure}`)
    found.set(hook.name, hook)
  }
  return new Map([...found].sort(([left], [right]) => left < right ? -1 : 1))
})

export const named = Effect.fnUntraced(function*(project: Project, name: string) {
  const hooks = yield* all(project)
  const found = hooks.get(name)
  if (found !== undefined) return found
  if (hooks.size === 0) return yield* none
  return yield* refuse(`There is no hook "${name}".${didYouMean(name, hooks.keys()) || " `sluice hooks` lists those that exist."}`)
})

export const none = refuse("There are no hooks: give the deployment `hooks`.")
