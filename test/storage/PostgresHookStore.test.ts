import { hookStoreConformance } from "../conformance/HookStore.ts"
import { layer } from "./Server.ts"

hookStoreConformance("PostgresRunStore", layer)
