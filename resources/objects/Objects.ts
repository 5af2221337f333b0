/** What can be done with objects, wherever they are. */
import type { Effect, Stream } from "effect"
import type { ObjectStoreError } from "./ObjectStoreError.ts"

/** An object as it stands: one version of it. */
export interface ObjectInfo {
  /** In the form in which it was asked for: `s3://bucket/key`, `file:///data/a.csv`, or a path from the root. */
  readonly uri: string
  /** In bytes. */
  readonly size: number
  /** Of an object of S3 that was written just now: by the clock of this machine. */
  readonly modifiedAt: Date
  /** Another version has another one. */
  readonly etag: string
}

/** One version of an object, read by ranges: what `Format.parquet` and `Format.read` take. */
export interface Ranged {
  /** Its URI. */
  readonly name: string
  /** In bytes. */
  readonly size: number
  /** The bytes from `start` up to `end`, exclusive; fewer only where the object ends. */
  readonly read: (start: number, end: number) => Effect.Effect<Uint8Array, ObjectStoreError>
}

export interface Version {
  /** The etag that the object must have; another one is the error `changed`. Default: whichever it has. */
  readonly ifMatch?: string
}

export interface ReadOptions extends Version {
  /** The first byte, counted from 0. Default 0. */
  readonly start?: number
  /** The byte before which to stop. Default: the object's end. */
  readonly end?: number
}

export interface ListOptions {
  /**
   * That there are none is no error. Default false: what a mistyped prefix names is nothing, and an asset that took it for
   * its input would replace its rows by none.
   */
  readonly allowEmpty?: boolean
}

export interface Objects {
  /**
   * The objects whose URI begins with the text given, in the order of the bytes of their keys (`data/` is what is in a
   * folder, `data/part-` what begins so), or all that a glob matches: `*` and `?` within a part of a path, `**` over any
   * number of parts, `{a,b}`, `[a-z]`, `[!a-z]`. A pattern character is itself in brackets: `data/[*].csv`. Where there are
   * none it is the error `missing`.
   */
  readonly list: (prefixOrGlob: string, options?: ListOptions) => Stream.Stream<ObjectInfo, ObjectStoreError>
  /**
   * Gives an element when it begins to watch, and then whenever objects of `list` may have changed. A store that cannot
   * tell (S3) gives the first one alone, and one that is not told everything (a folder on a network) less than all.
   */
  readonly changes: (prefixOrGlob: string) => Stream.Stream<void, ObjectStoreError>
  readonly stat: (uri: string) => Effect.Effect<ObjectInfo, ObjectStoreError>
  /** The bytes of one version, in bounded memory: a body that breaks off goes on where it broke off, and no byte comes twice. */
  readonly read: (uri: string, options?: ReadOptions) => Stream.Stream<Uint8Array, ObjectStoreError>
  /** The version that is there now, or the one of `ifMatch`; each read of another one is the error `changed`. */
  readonly ranged: (uri: string, options?: Version) => Effect.Effect<Ranged, ObjectStoreError>
  /**
   * Stores what the stream gives, in place of what was there. Nobody sees any of it before it is whole and stored for
   * good; a stream that fails, or is interrupted, leaves nothing.
   */
  readonly write: <E, R>(uri: string, bytes: Stream.Stream<Uint8Array, E, R>) => Effect.Effect<ObjectInfo, ObjectStoreError | E, R>
  /** What is not there is no error. */
  readonly delete: (uri: string) => Effect.Effect<void, ObjectStoreError>
  /**
   * Ends what writers of these objects have begun and not ended. One that was killed leaves its parts in S3, unseen and
   * paid for, and nobody can tell them from those of a writer that is slow: this is for names that nobody writes to any
   * more. Where it is not allowed, or not known to the server, nothing is done; so it is in folders, which need it not.
   */
  readonly endWrites: (uris: ReadonlyArray<string>) => Effect.Effect<void, ObjectStoreError>
}
