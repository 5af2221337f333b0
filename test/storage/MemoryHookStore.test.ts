import * as MemoryRunStore from "../../storage/MemoryRunStore.ts"
import { happeningsConformance } from "../conformance/Happenings.ts"
import { hookStoreConformance } from "../conformance/HookStore.ts"

hookStoreConformance("MemoryRunStore", MemoryRunStore.layer)
happeningsConformance("MemoryRunStore", MemoryRunStore.layer)
