/** Step 7: the matches that are on, by competition and country, in the order of the board. */
import { Effect, Schema } from "effect"
import { Asset, Input, Rows, Warehouse } from "sluice"
import { isOn } from "../../resources/football/Status.ts"
import { matches } from "./matches.ts"
import { Match } from "./Match.ts"

export const BoardRow = Schema.Struct({ place: Schema.Int, ...Match.fields })
export type BoardRow = typeof BoardRow.Type

export const board = Asset.make("football/board", {
  description: "The matches from the first half to the penalties, by country and competition, then by status and start.",
  kinds: ["arquero", "postgres"],
  inputs: { matches: Input.table(matches) },
  output: Rows.of(BoardRow, { key: ["place"] }),
  io: Warehouse,
  run: ({ matches }) =>
    Effect.succeed(
      matches
        .filter((match) => isOn(match.status_id))
        .orderby("competition_country", "competition", "status_id", "start_time", "match_id")
        .rows()
        .map((match, i) => ({ place: i + 1, ...match }))
    )
})
