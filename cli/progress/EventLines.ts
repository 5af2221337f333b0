/** The story of a run, event by event; what happened to single steps is told elsewhere. */
import type { Event } from "../../engine/record/Event.ts"
import { cellName } from "../../engine/record/Step.ts"
import { out } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

const most = 20

export const of = (events: ReadonlyArray<Event>): ReadonlyArray<string> => {
  const told = events.filter((event) => !["attempt_failed", "step_failed", "step_skipped", "check_failed"].includes(event.type))
  return Table.lines(
    [{ title: "" }, { title: "" }, { title: "", flexible: true }],
    told.slice(-most).map((event) => [
      out.dim(Text.moment(event.at).slice(11)),
      event.type.replaceAll("_", " "),
      Text.oneLine(`${event.asset === undefined ? "" : `${cellName({ asset: event.asset, partition: event.partition ?? "" })} `}${event.message}`)
    ]),
    { indent: 2 }
  )
}
