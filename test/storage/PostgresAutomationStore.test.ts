import { automationStoreConformance } from "../conformance/AutomationStore.ts"
import { layer } from "./Server.ts"

automationStoreConformance("PostgresRunStore", layer)
