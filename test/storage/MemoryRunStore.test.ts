import * as MemoryRunStore from "../../storage/MemoryRunStore.ts"
import { runStoreConformance } from "../conformance/RunStore.ts"

runStoreConformance("MemoryRunStore", MemoryRunStore.layer)
