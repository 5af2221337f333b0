import * as MemoryRunStore from "../../storage/MemoryRunStore.ts"
import { automationStoreConformance } from "../conformance/AutomationStore.ts"

automationStoreConformance("MemoryRunStore", MemoryRunStore.layer)
