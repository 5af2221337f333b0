/** Progress for programs: one JSON object a line, and nothing else on standard output. */
import type { Observation } from "../../engine/run/Observer.ts"
import * as Plan from "../../engine/plan/Plan.ts"
import * as Screen from "../terminal/Screen.ts"
import * as Progress from "./Progress.ts"
import type { View } from "./View.ts"

export const make = (): View => {
  const progress = Progress.make()
  const reserved = Screen.reserve()
  return {
    progress,
    observer: (observation) => {
      progress.observe(observation)
      reserved.json({ at: new Date(), ...toJson(observation) })
    },
    json: reserved.json,
    close: reserved.release
  }
}

/** `{"event":"StepMaterialized","asset":"nhl/games","partition":"2023-03-08","rows":12,"millis":41}` */
const toJson = (observation: Observation): Readonly<Record<string, unknown>> => {
  const event = observation._tag
  switch (observation._tag) {
    case "Planned":
      return { event, steps: observation.steps, plan: Plan.toJson(observation.plan) }
    case "Checked":
      return { event, ...observation.result }
    case "Noticed":
      return { event, ...observation.notice }
    case "RunStarted":
      return { event, run: observation.run, resumed: observation.resumed }
    default: {
      const { _tag: _, cell, ...rest } = observation
      return { event, ...cell, ...rest }
    }
  }
}
