import * as MemoryRunStore from "../../storage/MemoryRunStore.ts"
import { retentionStoreConformance } from "../conformance/RetentionStore.ts"

retentionStoreConformance("MemoryRunStore", MemoryRunStore.layer)
