/** The endpoints that there are, or those that were chosen, as a table. */
import { Console, Effect, Option } from "effect"
import * as Catalogue from "../../resources/nba/catalogue.ts"
import type { Assignment } from "./Assignment.ts"
import * as Columns from "./Columns.ts"
import * as Survey from "./Survey.ts"

const source = (from: Catalogue.Source): string => {
  if ("value" in from) return String(from.value)
  switch (from.from) {
    case "game":
    case "player":
    case "team":
      return `each id of nba_${from.from}s`
    case "current_season":
      return "the current season"
    case "date_range":
      return "a range of dates"
    case "dynamic":
      return "by the other ones"
  }
}

export const print = Effect.fn("nba.list")(function*(chosen: Option.Option<Assignment>, json: boolean) {
  const endpoints = Option.match(chosen, { onNone: () => Catalogue.endpoints, onSome: (one) => one.endpoints })
  if (json) {
    return yield* Console.log(JSON.stringify(endpoints.map((endpoint) => ({ ...endpoint, table: Survey.table(endpoint) }))))
  }
  const lines = Columns.lines(
    ["ENDPOINT", "CATEGORY", "PRIORITY", "WHEN", "PARAMETERS"],
    endpoints.map(({ category, frequency, name, parameters, priority }) => [
      name,
      category,
      priority,
      frequency,
      Object.entries(parameters).map(([parameter, from]) => `${parameter}: ${source(from)}`).join(", ")
    ])
  )
  yield* Console.log(lines.join("\n"))
  yield* Console.log(
    `\n${endpoints.length} endpoints. Collect some: sluice nba --endpoint NAME, --endpoints A B, --category C, --priority P, ` +
      "or --config FILE; --dry-run shows what would be done."
  )
})
