import { sensorStoreConformance } from "../conformance/SensorStore.ts"
import { layer } from "./Server.ts"

sensorStoreConformance("PostgresRunStore", layer)
