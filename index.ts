/** Sluice: data pipelines as typed assets, planned, run, resumed and stored in Postgres. */
export {
  Asset,
  AssetGraph,
  Automation,
  Backfill,
  Check,
  Checkpoint,
  Document,
  Executor,
  Frames,
  Io,
  Limiter,
  Mapping,
  Metadata,
  Partitions,
  PartitionSet,
  Pipeline,
  Plan,
  RateLimit,
  Retry,
  Rows,
  RunStore,
  Schedule,
  Selection
} from "./engine/index.ts"
export * as Cli from "./cli/Cli.ts"
export * as Deployment from "./cli/Deployment.ts"
export * as Chunks from "./io/chunk/Chunks.ts"
export * as Column from "./io/Column.ts"
export * as Format from "./io/format/Format.ts"
export * as Input from "./io/Input.ts"
export * as Hook from "./resources/hook/Hook.ts"
export * as Sensor from "./io/sensor/Sensor.ts"
export * as Aggregate from "./io/frame/Aggregate.ts"
export { desc } from "./io/frame/Desc.ts"
export { LimitStore, LimitStoreError } from "./engine/limit/LimitStore.ts"
export { BackfillOptions, Target } from "./engine/record/Backfill.ts"
export { BackfillStore } from "./engine/record/BackfillStore.ts"
export { RunRequest } from "./engine/record/Run.ts"
export { Documents } from "./io/documents/Documents.ts"
export { Lake } from "./io/lake/Lake.ts"
export { Tables } from "./io/tables/Tables.ts"
export { Warehouse } from "./io/warehouse/Warehouse.ts"
export { FormatError } from "./io/format/FormatError.ts"
export * as Api from "./resources/api/Api.ts"
export { ApiError } from "./resources/api/ApiError.ts"
export { ObjectStore } from "./resources/objects/ObjectStore.ts"
export type { ObjectInfo, Ranged, ReadOptions } from "./resources/objects/ObjectStore.ts"
export { ObjectStoreError } from "./resources/objects/ObjectStoreError.ts"
