import * as MemoryRunStore from "../../storage/MemoryRunStore.ts"
import { hookStoreConformance } from "../conformance/HookStore.ts"

hookStoreConformance("MemoryRunStore", MemoryRunStore.layer)
