import { Layer } from "effect"
import { Tables } from "../../../io/tables/Tables.ts"
import * as IoManager from "../../conformance/IoManager.ts"
import * as TestDatabase from "../../TestDatabase.ts"

IoManager.frames("Tables", Tables, Layer.provide(Tables.layer, TestDatabase.layer))
