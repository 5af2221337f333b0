/** What a machine for JSON records is given, in whichever way they are split: by newlines, or as the elements of an array. */
import type { Start } from "../csv/Read.ts"
import { FormatError } from "../FormatError.ts"
import type { Machine } from "../Machine.ts"
import type { Shape } from "../Shape.ts"
import { Layouts } from "./Layout.ts"
import * as Members from "./Members.ts"
import * as Record from "./Record.ts"
import { Scan } from "./Scan.ts"

export interface Options {
  /** Property of the record → name in the file, where they differ. */
  readonly columns?: Readonly<Record<string, string | undefined>>
  /** The most bytes of one record. Default 64 MiB. */
  readonly maxRecordBytes?: number
}

export interface Reading {
  /** One record, out of its text. */
  readonly read: Record.Reader
  /** One record, out of bytes that look like those before them; undefined: records of this shape are all parsed. */
  readonly scan: Scan | undefined
  readonly options: Options
  readonly file: string
  readonly from: Start | undefined
  readonly placed: boolean
}

/** Machines for files of one shape, which share what was learnt of them. */
export const reader = (machine: (reading: Reading) => Machine<unknown>, shape: Shape, options: Options) => {
  const read = Record.reader(shape)
  const members = Members.make(shape)
  const layouts = members && new Layouts(members)
  return (file: string, from: Start | undefined, placed: boolean): Machine<unknown> =>
    machine({ read, scan: layouts && new Scan(layouts, shape.finish), options, file, from, placed })
}

export const refuseUtf16 = (file: string, bytes: Uint8Array): void => {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new FormatError({ file, byte: 0, reason: "the file is UTF-16; JSON is always UTF-8" })
  }
}
