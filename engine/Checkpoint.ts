/** Checkpoints inside a long cell: what `run` gives, and calls that end in any order but count in theirs. */
export { type Checkpoint, type Done, mapEffect, type MapOptions } from "./definition/Checkpoint.ts"
export { Grace } from "./definition/Drain.ts"
