import * as Io from "../../../engine/definition/Io.ts"
import * as MemoryIo from "../../../io/memory/MemoryIo.ts"
import * as IoManager from "../../conformance/IoManager.ts"

class Memory extends Io.Tag<Memory>()("test/Memory") {}

IoManager.rows("MemoryIo", Memory, MemoryIo.layer(Memory))
IoManager.partial("MemoryIo", Memory, MemoryIo.layer(Memory))
IoManager.documents("MemoryIo", Memory, MemoryIo.layer(Memory))
IoManager.frames("MemoryIo", Memory, MemoryIo.layer(Memory))
