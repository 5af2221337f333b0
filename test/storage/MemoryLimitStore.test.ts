import * as MemoryLimitStore from "../../storage/MemoryLimitStore.ts"
import { limitStoreConformance } from "../conformance/LimitStore.ts"

limitStoreConformance("MemoryLimitStore", MemoryLimitStore.layer)
