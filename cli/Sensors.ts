/** The sensors of a project, by name. */
import { Effect } from "effect"
import { didYouMean } from "../engine/Suggestion.ts"
import type { KeptKeys } from "../engine/record/RetentionStore.ts"
import type { AnySensor } from "./Deployment.ts"
import type { Project } from "./Project.ts"
import { Refusal } from "./Refusal.ts"

const refuse = (message: string) => Effect.fail(new Refusal({ message }))

/** All of them, by name. */
export const all = Effect.fnUntraced(function*({ deployment }: Project) {
  const found = new Map<string, AnySensor>()
  for (const sensor of deployment.sensors) {
    if (found.has(sensor.name)) return yield* refuse(`Two sensors are named "${sensor.name}": give one another name.`)
    found.set(sensor.name, sensor)
  }
  return new Map([...found].sort(([left], [right]) => left < right ? -1 : 1))
})

/** Those whose keys may be forgotten. */
export const keptKeys = ({ deployment }: Project): ReadonlyArray<KeptKeys> =>
  deployment.sensors.flatMap(({ keysKeptMillis, name }) =>
    keysKeptMillis === undefined ? [] : [{ sensor: name, olderThanMillis: keysKeptMillis }])

export const named = Effect.fnUntraced(function*(project: Project, name: string) {
  const sensors = yield* all(project)
  const found = sensors.get(name)
  if (found !== undefined) return found
  if (sensors.size === 0) return yield* none
  return yield* refuse(`There is no sensor "${name}".${didYouMean(name, sensors.keys()) || " `sluice sensors` lists those that exist."}`)
})

export const none = refuse("There are no sensors: give the deployment `sensors`.")
