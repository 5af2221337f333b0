/** Where the answers of the NBA's API come from, and what is asked about where the catalogue leaves it open. */
import { Context } from "effect"
import type { Source } from "../api/Api.ts"

/** `NBA_SOURCE`, as whoever builds the layers understands it. */
export class NbaSource extends Context.Service<NbaSource, Source>()("resources/nba/NbaSource") {}
