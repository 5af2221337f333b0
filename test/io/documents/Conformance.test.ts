import { Layer } from "effect"
import { Documents } from "../../../io/documents/Documents.ts"
import * as IoManager from "../../conformance/IoManager.ts"
import * as TestDatabase from "../../TestDatabase.ts"

IoManager.documents("Documents", Documents, Layer.provide(Documents.layer, TestDatabase.layer))
