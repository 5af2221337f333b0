/** What of a project a daemon does: all of it, or what `--only` names. */
import { Effect } from "effect"
import * as Evaluation from "../../engine/automation/Evaluation.ts"
import { didYouMean } from "../../engine/Suggestion.ts"
import * as Hooks from "../Hooks.ts"
import type { Project } from "../Project.ts"
import { Refusal } from "../Refusal.ts"
import * as Schedules from "../Schedules.ts"
import * as Sensors from "../Sensors.ts"

const kinds = ["schedules", "sensors", "automation", "hooks"] as const

/** `only` are kinds and names of schedules, sensors and hooks; none means everything. */
export const of = Effect.fnUntraced(function*(project: Project, only: ReadonlyArray<string>) {
  const all = {
    schedules: yield* Schedules.all(project),
    sensors: yield* Sensors.all(project),
    hooks: yield* Hooks.all(project)
  }
  const words = new Set<string>([...kinds, ...all.schedules.keys(), ...all.sensors.keys(), ...all.hooks.keys()])
  for (const word of only) {
    if (words.has(word)) continue
    const known = didYouMean(word, words) || ` They are ${kinds.join(", ")}, and the names that \`sluice schedules\`, \`sensors\` and \`hooks\` list.`
    return yield* new Refusal({ message: `"${word}" of --only is nothing that a daemon does.${known}` })
  }
  const isMeant = (kind: typeof kinds[number], name?: string) =>
    only.length === 0 || only.includes(kind) || (name !== undefined && only.includes(name))
  const share = {
    schedules: [...all.schedules.values()].filter(({ name }) => isMeant("schedules", name)),
    sensors: [...all.sensors.values()].filter(({ name }) => isMeant("sensors", name)),
    hooks: [...all.hooks.values()].filter(({ name }) => isMeant("hooks", name)),
    automation: isMeant("automation") && Evaluation.automated(project.graph).length > 0
  }
  if (share.schedules.length + share.sensors.length + share.hooks.length > 0 || share.automation) return share
  return yield* new Refusal({
    message: only.length > 0
      ? `There is nothing of --only ${only.join(" --only ")} in this project.`
      : "There are no schedules and no sensors: give a pipeline a `schedule`, or the deployment `schedules` or `sensors`."
  })
})
