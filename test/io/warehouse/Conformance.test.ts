import { Layer } from "effect"
import { Warehouse } from "../../../io/warehouse/Warehouse.ts"
import * as IoManager from "../../conformance/IoManager.ts"
import * as TestDatabase from "../../TestDatabase.ts"

IoManager.rows("Warehouse", Warehouse, Layer.provide(Warehouse.layer, TestDatabase.layer))
IoManager.partial("Warehouse", Warehouse, Layer.provide(Warehouse.layer, TestDatabase.layer))
