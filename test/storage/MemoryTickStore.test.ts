import * as MemoryRunStore from "../../storage/MemoryRunStore.ts"
import { tickStoreConformance } from "../conformance/TickStore.ts"

tickStoreConformance("MemoryRunStore", MemoryRunStore.layer)
