/** The schedules of a project: those of its pipelines and those of the deployment, by name. */
import { Effect } from "effect"
import * as Ask from "../engine/daemon/Ask.ts"
import { didYouMean } from "../engine/Suggestion.ts"
import type { Schedule } from "../engine/schedule/Schedule.ts"
import type { Project } from "./Project.ts"
import { Refusal } from "./Refusal.ts"

const refuse = (message: string) => Effect.fail(new Refusal({ message }))

/** All of them, by name. */
export const all = Effect.fnUntraced(function*({ deployment }: Project) {
  const own = deployment.pipelines.flatMap(({ schedule }) => schedule === undefined ? [] : [schedule])
  const found = new Map<string, Schedule>()
  for (const schedule of [...own, ...deployment.schedules]) {
    if (found.has(schedule.name)) {
      return yield* refuse(`Two schedules are named "${schedule.name}" (a pipeline's has its name): give one another name.`)
    }
    found.set(schedule.name, schedule)
  }
  return new Map([...found].sort(([left], [right]) => left < right ? -1 : 1))
})

/** Refuses schedules that ask for what there is not, as far as that is known before a tick. */
export const fit = ({ graph }: Project, schedules: Iterable<Schedule>): Effect.Effect<void, Refusal> =>
  Effect.forEach(schedules, (schedule) => {
    const wrong = Ask.wrong(graph, schedule)
    return wrong === undefined ? Effect.void : refuse(`The schedule ${schedule.name} asks for what there is not: ${wrong}`)
  }, { discard: true })

export const named = Effect.fnUntraced(function*(project: Project, name: string) {
  const schedules = yield* all(project)
  const found = schedules.get(name)
  if (found !== undefined) return found
  if (schedules.size === 0) return yield* none
  return yield* refuse(
    `There is no schedule "${name}".${didYouMean(name, schedules.keys()) || " `sluice schedules` lists those that exist."}`
  )
})

export const none = refuse("There are no schedules: give a pipeline a `schedule`, or the deployment `schedules`.")
