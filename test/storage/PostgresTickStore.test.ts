import { tickStoreConformance } from "../conformance/TickStore.ts"
import { layer } from "./Server.ts"

tickStoreConformance("PostgresRunStore", layer)
