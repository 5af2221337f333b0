/** Typed tables on Arquero: `Frame`, its aggregates and its orders. */
export { any, arrayAgg, count, distinct, max, mean, min, sum } from "./Aggregate.ts"
export { FrameError } from "./Columns.ts"
export { Frame, GroupedFrame } from "./Frame.ts"
export { desc } from "./Desc.ts"
