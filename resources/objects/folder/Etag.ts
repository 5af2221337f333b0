/**
 * The etag of a file, from what its system says of it: inode, size and time of the last change in nanoseconds.
 *
 * It sees every replacement by rename (another inode, as `write` makes) and every change that moves size or time. It does
 * not see bytes that were changed in place if whoever did it also set size and time back, or did it twice within one tick
 * of the file system's clock (1 to 4 ms on Linux).
 */
import type { BigIntStats } from "node:fs"
import type { FileHandle } from "node:fs/promises"

export const of = (stats: BigIntStats): string => `${stats.ino.toString(36)}-${stats.size.toString(36)}-${stats.mtimeNs.toString(36)}`

export const statsOf = (handle: FileHandle): Promise<BigIntStats> => handle.stat({ bigint: true })
