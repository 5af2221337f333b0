/** "sluice/testing": stores in memory, so that a project's tests need no database. */
export * as MemoryIo from "./io/memory/MemoryIo.ts"
export * as MemoryLimitStore from "./storage/MemoryLimitStore.ts"
export * as MemoryRunStore from "./storage/MemoryRunStore.ts"
