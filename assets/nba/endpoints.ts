/** An asset for each endpoint of the catalogue: one call for each game, player, team or season gives all its tables. */
import { Effect } from "effect"
import { Asset, Frames, Metadata, type Partitions, Tables } from "sluice"
import { type Endpoint, endpoints, keyOf } from "../../resources/nba/catalogue.ts"
import { type Answer, NbaApi } from "../../resources/nba/NbaApi.ts"
import { game, inSchema, player, season, team } from "./masters.ts"

/** What tables are looked up by. */
const indexes = ["gameid", "playerid", "personid", "teamid"]

/** `nba_boxscoreadvancedv3`: an endpoint's tables are named so, and the data set after it. */
export const tablePrefix = ({ name }: Pick<Endpoint, "name">): string => `nba_${name.toLowerCase()}`

export const assetKey = ({ name }: Pick<Endpoint, "name">): string => `nba/${name.toLowerCase()}`

/** Sets of frames of an endpoint, in tables such as `nba_boxscoreadvancedv3_playerstats`. */
export const tablesOf = (endpoint: Pick<Endpoint, "name">): Frames.Frames =>
  Frames.of({ schema: inSchema, prefix: tablePrefix(endpoint), indexes })

const told = ({ frames, url }: Answer) =>
  Effect.as(
    Metadata.attach({
      frames: frames.length,
      rows: frames.reduce((sum, { rows }) => sum + rows.length, 0),
      url: Metadata.link(url)
    }),
    frames
  )

const partitions: Readonly<Record<"game" | "player" | "team" | "season", Partitions.Partitions<string, string>>> = {
  game,
  player,
  team,
  season
}

/**
 * What is asked about the league as a whole is asked for each season. A call is tried again by the API's own policy, so
 * that the asset has none: each try is a request that counts.
 */
const assetOf = (endpoint: Endpoint) => {
  const about = keyOf(endpoint)?.from ?? "season"
  return Asset.make(assetKey(endpoint), {
    description: `${endpoint.name}: all data sets of one ${about} by one call.`,
    kinds: ["api", "postgres"],
    tags: { endpoint: endpoint.name, category: endpoint.category, priority: endpoint.priority, frequency: endpoint.frequency },
    partitions: partitions[about],
    output: tablesOf(endpoint),
    io: Tables,
    run: (_, key) =>
      Effect.flatMap(NbaApi, (api) =>
        Effect.flatMap(api.ask({ endpoint, ...(about === "season" ? { season: key } : { value: key }) }), told))
  })
}

export const endpointAssets = endpoints.map(assetOf)
