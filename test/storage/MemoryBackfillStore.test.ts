import * as MemoryRunStore from "../../storage/MemoryRunStore.ts"
import { backfillStoreConformance } from "../conformance/BackfillStore.ts"

backfillStoreConformance("MemoryRunStore", MemoryRunStore.layer)
