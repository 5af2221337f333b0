import * as MemoryRunStore from "../../storage/MemoryRunStore.ts"
import { sensorStoreConformance } from "../conformance/SensorStore.ts"

sensorStoreConformance("MemoryRunStore", MemoryRunStore.layer)
